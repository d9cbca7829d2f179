import { createHash } from 'node:crypto';
import type { BusMessage } from '../../shared/bus/bus.ts';
import { decodeStationMessage } from '../../shared/wire/codec.ts';
import { chainHash, entryText, genesisHash } from '../../shared/wire/entry.ts';
import { seal } from '../../shared/wire/mac.ts';
import type { AlarmMessage, JournalMessage, StationMessage } from '../../shared/wire/messages.ts';
import type { HubTools } from './mutation.ts';

/** What bugs and forgers make of messages with entries. */
export type Entries = JournalMessage | AlarmMessage;

export const entriesOf = (message: StationMessage): Entries | undefined =>
  message.kind === 'journal' || message.kind === 'alarm' ? message : undefined;

const laneOf = (message: Entries) =>
  message.kind === 'alarm' ? ('alarm' as const) : ('routine' as const);

/** The receipt that the hub would give if it had committed the whole message. */
export function receiptFor(message: Entries, texts: readonly string[]) {
  const { station, epoch, entries } = message;
  return {
    ...{ v: 1 as const, station, kind: 'receipt' as const, epoch, lane: laneOf(message) },
    through: entries.at(-1)?.seq ?? 0,
    hash: texts.reduce((hash, text) => chainHash(hash, text), message.previous),
    outcomes: [],
  };
}

/** Takes a message for news: what it carries is stored once more, under a name of its own. */
export function takeForNews({ ingest, macKeyOf }: HubTools, message: BusMessage): Promise<void> {
  const decoded = decodeStationMessage(message.payload);
  const entries = decoded.ok ? entriesOf(decoded.value) : undefined;
  if (!entries) return ingest.take(message);
  const digest = createHash('sha256').update(message.payload).digest('hex');
  const epoch = `ep-${digest.slice(0, 16)}`;
  const renumbered = entries.entries.map((entry, index) => ({ ...entry, seq: index + 1 }));
  const previous = genesisHash(epoch, laneOf(entries));
  const payload = seal(macKeyOf(entries.station), {
    ...{ ...entries, mac: undefined },
    ...{
      epoch,
      previous,
      entries: renumbered.map((entry): unknown => JSON.parse(entryText(entry))),
    },
  });
  return ingest.take({ ...message, payload }).then(() => {
    ingest.send(receiptFor(entries, decoded.texts));
  });
}
