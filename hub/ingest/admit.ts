import type { BusMessage } from '../../shared/bus/bus.ts';
import { type DecodeReason, decodeStationMessage } from '../../shared/wire/codec.ts';
import { entryBytesMax } from '../../shared/wire/limits.ts';
import { carriedMac, isAuthentic } from '../../shared/wire/mac.ts';
import type { AlarmMessage, JournalMessage, StationMessage } from '../../shared/wire/messages.ts';
import { parseStationTopic } from '../../shared/wire/topics.ts';
import type { DoorReason } from '../bus/visitors.ts';
import { clockAheadMaxMs } from '../domain/dating.ts';
import type { StationDirectory } from './station-directory.ts';

/** Why a message was refused. One reason each, so that they can be counted. */
export type RefusalReason =
  | DecodeReason
  | DoorReason
  | 'wrong-topic'
  | 'wrong-mac'
  | 'replayed'
  | 'future'
  | 'fork';

export type EntriesMessage = JournalMessage | AlarmMessage;

export interface Admitted {
  readonly message: StationMessage;
  /** The entries as the station hashed them. */
  readonly texts: readonly string[];
  /** What tells a byte-identical copy of this message. */
  readonly mac: string;
}

export interface Refused {
  readonly reason: RefusalReason;
  readonly detail: string;
  /** Only the name of a station that the hub knows: others would let a stranger fill the table. */
  readonly station?: string;
}

export type Admission = { ok: true; admitted: Admitted } | { ok: false; refused: Refused };

export interface AdmitContext {
  readonly directory: Pick<StationDirectory, 'find'>;
  /** Whether a message with this MAC is committed already. */
  isReplay(mac: string): boolean;
  readonly nowMs: number;
}

const refuse = (reason: RefusalReason, detail: string, station?: string): Admission => ({
  ok: false,
  refused: { reason, detail, ...(station === undefined ? {} : { station }) },
});

/** Looks at one message, cheapest question first. Nothing about it is believed before its MAC is. */
export function admit({ topic, payload }: BusMessage, context: AdmitContext): Admission {
  const address = parseStationTopic(topic);
  if (!address) return refuse('wrong-topic', 'not a topic of a station');
  const decoded = decodeStationMessage(payload);
  const known = context.directory.find(address.station);
  if (!decoded.ok) return refuse(decoded.reason, decoded.detail, known && address.station);
  const { value: message, texts } = decoded;
  if (message.station !== address.station || message.kind !== address.kind) {
    return refuse('wrong-topic', 'topic and message name different things');
  }
  if (!known) return refuse('unknown-station', message.station);
  if (known.revoked) return refuse('revoked-station', 'the station was revoked', message.station);
  if (!isAuthentic(known.macKey, payload)) return refuse('wrong-mac', '', message.station);
  const mac = carriedMac(payload) ?? '';
  const refused = hasEntries(message) ? checkEntries(message, texts, mac, context) : undefined;
  return refused ?? { ok: true, admitted: { message, texts, mac } };
}

export const hasEntries = (message: StationMessage): message is EntriesMessage =>
  message.kind === 'journal' || message.kind === 'alarm';

function checkEntries(
  message: EntriesMessage,
  texts: readonly string[],
  mac: string,
  { isReplay, nowMs }: AdmitContext,
): Admission | undefined {
  const first = message.entries[0]?.seq ?? 0;
  if (message.entries.some(({ seq }, index) => seq !== first + index)) {
    return refuse('malformed', 'sequences with a hole', message.station);
  }
  if (texts.some((text) => Buffer.byteLength(text) > entryBytesMax)) {
    return refuse('oversized', `an entry above ${entryBytesMax} bytes`, message.station);
  }
  if (isReplay(mac)) return refuse('replayed', 'committed already', message.station);
  const aheadMs = message.sent.synced ? message.sent.wallMs - nowMs : 0;
  if (message.kind === 'journal' && aheadMs > clockAheadMaxMs) {
    return refuse('future', `${Math.round(aheadMs / 1000)} s ahead`, message.station);
  }
  return undefined;
}
