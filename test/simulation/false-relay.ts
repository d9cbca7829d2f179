import { decodeStationMessage } from '../../shared/wire/codec.ts';
import { seal } from '../../shared/wire/mac.ts';
import { entriesOf, receiptFor } from './entries-again.ts';
import type { Random } from './random.ts';
import { macKeyOf } from './template.ts';
import { answer, type Handler } from './virtual-street.ts';
import { invariants, violate, type World } from './world.ts';

/** The one that everybody finds and nobody enrolled. */
export const falseRelay = 'st-0000000f';
const wrongKey = macKeyOf('somebody else');
/** Answers that it keeps, to give again. */
const keptMax = 20;

/** A machine on the street that says it relays, and does whatever it likes with what it is given. */
export function startFalseRelay(world: World): void {
  const { random, street, trace } = world;
  const kept: Buffer[] = [];
  /** To the hub, as anybody can who has the bytes: by its door or by an honest neighbour. */
  const pass = (payload: Buffer, whenTaken = (): void => {}): ReturnType<Handler> => {
    const station = stationOf(payload);
    const { door } = street;
    const relay = street.relayBeside(falseRelay, station);
    // An honest one may answer with the receipt of the true message, which it carries at the same time.
    if (relay && random.chance(0.5)) return relay(payload);
    if (door === undefined) return Promise.resolve(answer(503));
    return door(station, payload).then((came) => {
      if (came.status === 200) whenTaken();
      return came;
    });
  };
  const deeds: readonly Handler[] = [
    async (payload) => {
      trace.fault(falseRelay, 'relay alters');
      const altered = alter(payload, random);
      return pass(altered, () => violate(world, invariants.altered, altered.toString()));
    },
    async (payload) => {
      trace.fault(falseRelay, 'relay forges');
      const receipt = receiptOf(payload);
      if (receipt === undefined) return answer(400);
      const isSealed = random.chance(0.5);
      return answer(200, isSealed ? seal(wrongKey, receipt) : Buffer.from(JSON.stringify(receipt)));
    },
    async (payload) => {
      if (kept.length > 0 && random.chance(0.7)) {
        trace.fault(falseRelay, 'relay repeats an answer');
        return answer(200, random.pick(kept));
      }
      const came = await pass(payload);
      if (came.status === 200) kept.push(came.body);
      if (kept.length > keptMax) kept.shift();
      return came;
    },
    () => {
      trace.fault(falseRelay, 'relay swallows');
      return new Promise(() => {});
    },
  ];
  street.announce(falseRelay, (payload) => random.pick(deeds)(payload));
}

const stationOf = (payload: Buffer): string => {
  const decoded = decodeStationMessage(payload);
  return decoded.ok ? decoded.value.station : '';
};

/** What it makes of an entry. */
const otherwise = [
  (text: string) => text.replace(/"seq":(\d+)/, (_, seq: string) => `"seq":${Number(seq) + 1}`),
  (text: string) => text.replace('"type":"test"', '"type":"alarm","gesture":"hold"'),
  (text: string) => text.replace('"gesture":"hold"', '"gesture":"triple-press"'),
  (text: string) => text.replace(/("entries":\[\{"seq":\d+,"at":\{"wallMs":\d+)/, '$10'),
];

/** The entry is another, or one byte anywhere. */
function alter(payload: Buffer, random: Random): Buffer {
  const text = payload.toString();
  const other = random.pick(otherwise)(text);
  if (other !== text) return Buffer.from(other);
  const altered = Buffer.from(payload);
  const at = random.between(0, payload.length - 1);
  altered[at] = (altered[at] ?? 0) ^ 1;
  return altered;
}

/** All that a receipt for this alarm says, as anybody can work it out who has seen the message. */
function receiptOf(payload: Buffer): object | undefined {
  const decoded = decodeStationMessage(payload);
  const entries = decoded.ok ? entriesOf(decoded.value) : undefined;
  return entries && receiptFor(entries, decoded.texts);
}
