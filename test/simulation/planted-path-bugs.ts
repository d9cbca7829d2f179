import { decide } from '../../device/domain/decide.ts';
import type { BusMessage } from '../../shared/bus/bus.ts';
import { decodeStationMessage } from '../../shared/wire/codec.ts';
import { seal } from '../../shared/wire/mac.ts';
import { entriesOf, takeForNews } from './entries-again.ts';
import { keyOf } from './hub-facts.ts';
import type { Mutation, PlantedBug } from './mutation.ts';
import { invariants } from './world.ts';

/** What comes by the door once more is stored once more. */
const storedAgainAtDoor: Mutation = {
  atDoor: (tools) => {
    const seen = new Set<string>();
    return async (message) => {
      const came = await tools.ingest.answer(message, { path: 'https' });
      const decoded = decodeStationMessage(message.payload);
      const entries = decoded.ok ? entriesOf(decoded.value) : undefined;
      if (came.kind !== 'receipt' || !entries) return came;
      const key = keyOf(entries.station, entries.epoch, entries.entries[0]?.seq ?? 0);
      if (seen.has(key)) await takeForNews(tools, message);
      seen.add(key);
      return came;
    };
  },
};

/** Signs the answer anew, so that the station believes it, whoever gave it. */
const answerWithoutMac: Mutation = {
  stationPost:
    (real, { macKey }) =>
    async (...request) => {
      const came = await real(...request);
      if (came.status !== 200) return came;
      const json: unknown = JSON.parse(came.body.toString());
      if (typeof json !== 'object' || json === null) return came;
      const { mac: _, ...body } = { mac: '', ...json };
      return { ...came, body: seal(macKey, body) };
    },
};

/** Whoever carries an alarm may say what he likes: the hub seals it for the origin, and believes it. */
const carriedWithoutMac: Mutation = {
  take:
    ({ ingest, macKeyOf }) =>
    (message) => {
      const outer = decodeStationMessage(message.payload);
      if (!outer.ok || outer.value.kind !== 'relay') return ingest.take(message);
      const inner = decodeStationMessage(Buffer.from(outer.value.message));
      if (!inner.ok) return ingest.take(message);
      const { mac: _, ...body } = { mac: '', ...JSON.parse(outer.value.message) };
      const carried = seal(macKeyOf(inner.value.station), body).toString();
      const payload = seal(macKeyOf(outer.value.station), { ...outer.value, message: carried });
      return ingest.take({ ...message, payload });
    },
};

const doorTakenForBroker: Mutation = {
  atDoor:
    ({ ingest }) =>
    (message: BusMessage) =>
      ingest.answer(message, { path: 'broker' }),
};

/** A program that was not answered once by another path asks there no more. */
const givesUp: Mutation = {
  stationPost: (real) => {
    let isOver = false;
    return async (...request) => {
      if (isOver) throw new Error('given up');
      try {
        return await real(...request);
      } catch (error) {
        isOver = true;
        throw error;
      }
    };
  },
};

/** A test says of each path that it answered. */
const alwaysAnswered: Mutation = {
  decide: (state, input, nowMs) => {
    if (input.type !== 'second-path-tried') return decide(state, input, nowMs);
    const tried = input.tried.map((one) => ({ ...one, tookMs: one.tookMs ?? 0 }));
    return decide(state, { ...input, tried }, nowMs);
  },
};

/** Mistakes that could be made with the paths beside the broker. */
export const pathBugs: readonly PlantedBug[] = [
  {
    name: 'stored again when it comes by HTTPS',
    mutation: storedAgainAtDoor,
    breaks: [invariants.twice, invariants.foreign],
    seedsMax: 20,
  },
  {
    name: "another path's answer believed without its MAC",
    mutation: answerWithoutMac,
    breaks: [invariants.cursor, invariants.light, invariants.latched],
    seedsMax: 20,
  },
  {
    name: 'what a relay carries believed without its MAC',
    mutation: carriedWithoutMac,
    breaks: [invariants.foreign, invariants.altered, invariants.noFork],
    seedsMax: 20,
  },
  {
    name: 'door taken for the broker in the history',
    mutation: doorTakenForBroker,
    breaks: [invariants.legs],
    seedsMax: 20,
  },
  {
    name: 'second path given up after one failure',
    mutation: givesUp,
    breaks: [invariants.wayOpen],
    seedsMax: 80,
  },
  {
    name: 'test says that a path answered that did not',
    mutation: alwaysAnswered,
    breaks: [invariants.tried],
    seedsMax: 20,
  },
];
