import type Database from 'better-sqlite3';
import { decide } from '../../device/domain/decide.ts';
import { scoreDay } from '../../hub/domain/scoring.ts';
import type { Bus, BusMessage } from '../../shared/bus/bus.ts';
import { decodeHubMessage, decodeStationMessage } from '../../shared/wire/codec.ts';
import { seal } from '../../shared/wire/mac.ts';
import { entriesOf, receiptFor, takeForNews } from './entries-again.ts';
import { neighbourNeverOver, silentStationSpeaks } from './help-bugs.ts';
import type { HubTools, Mutation, PlantedBug } from './mutation.ts';
import { pathBugs } from './planted-path-bugs.ts';
import { testBugs } from './planted-test-bugs.ts';
import { invariants } from './world.ts';

/** A bus that does something else on the way out, or on the way in. */
function through(
  bus: Bus,
  other: { publish?: Bus['publish']; receive?: (message: BusMessage) => BusMessage },
): Bus {
  return {
    start: (listener) => bus.start(listener),
    stop: () => bus.stop(),
    publish: other.publish ?? ((topic, payload, options) => bus.publish(topic, payload, options)),
    subscribe: (filters, handler) =>
      bus.subscribe(filters, (message) => handler(other.receive?.(message) ?? message)),
  };
}

const receiptBeforeCommit: Mutation = {
  take:
    ({ ingest }) =>
    (message) => {
      const decoded = decodeStationMessage(message.payload);
      const entries = decoded.ok ? entriesOf(decoded.value) : undefined;
      if (entries) ingest.send(receiptFor(entries, decoded.texts));
      return ingest.take(message);
    },
};

/** Knows again only what it is told is a copy, and stores the rest, whatever it has already. */
const storedTwice =
  (isCopy: (message: BusMessage & { dup: boolean }) => boolean) => (tools: HubTools) => {
    const seen = new Map<string, number>();
    return async (message: BusMessage & { dup: boolean }): Promise<void> => {
      const decoded = decodeStationMessage(message.payload);
      const entries = decoded.ok ? entriesOf(decoded.value) : undefined;
      if (!entries) return tools.ingest.take(message);
      if (isCopy(message)) return;
      const lane = `${entries.station}/${entries.epoch}/${entries.kind}`;
      const last = entries.entries.at(-1)?.seq ?? 0;
      const isKnown = last <= (seen.get(lane) ?? 0);
      await (isKnown ? takeForNews(tools, message) : tools.ingest.take(message));
      if (!isKnown) seen.set(lane, last);
    };
  };

const deduplicationByDup: Mutation = { take: storedTwice(({ dup }) => dup) };
const noDeduplication: Mutation = { take: storedTwice(() => false) };

const journalWithoutSync: Mutation = {
  journalDatabase: (db) =>
    new Proxy(db, {
      get(_, name) {
        const value: unknown = Reflect.get(db, name);
        if (name !== 'pragma') return value;
        return (pragma: string, options?: Database.PragmaOptions) =>
          db.pragma(pragma.replace('synchronous = FULL', 'synchronous = NORMAL'), options);
      },
    }),
};

/** Pays for check-ins as they come in, instead of as they happened. */
const scoreByArrival: Mutation = {
  score: (checkIns, policy) => {
    const lastMs = new Map<string, number>();
    let points = 0;
    return checkIns.map((checkIn) => {
      const last = lastMs.get(checkIn.station) ?? -Infinity;
      const pauseMs = policy.pausePerStationMin * 60_000;
      if (Math.abs(checkIn.occurredMs - last) < pauseMs) {
        return { checkIn, outcome: 'already-checked-in', points: 0, parts: [] };
      }
      if (points + policy.pointsPerCheckIn > policy.pointsPerDayMax) {
        return { checkIn, outcome: 'daily-limit', points: 0, parts: [] };
      }
      lastMs.set(checkIn.station, checkIn.occurredMs);
      points += policy.pointsPerCheckIn;
      return { checkIn, outcome: 'credited', points: policy.pointsPerCheckIn, parts: [] };
    });
  },
};

/** Signs anew whatever comes, so that the station believes it. */
const receiptWithoutMac: Mutation = {
  stationBus: (bus, { macKey }) =>
    through(bus, {
      receive: (message) => {
        const json: unknown = JSON.parse(Buffer.from(message.payload).toString());
        if (!message.topic.includes('/station/') || typeof json !== 'object' || !json)
          return message;
        const { mac: _, ...body } = { mac: '', ...json };
        const payload = seal(macKey, body);
        return decodeHubMessage(macKey, payload).ok ? { ...message, payload } : message;
      },
    }),
};

const signalBeforeAppend: Mutation = {
  decide: (state, input, nowMs) => {
    const decision = decide(state, input, nowMs);
    if (input.type !== 'card') return decision;
    const white = { type: 'show', light: 'onDisk', row: 'on-disk' } as const;
    return { ...decision, steps: [white, ...decision.steps] };
  },
};

const cursorAtPuback: Mutation = {
  stationBus: (bus, { dispatch }) =>
    through(bus, {
      publish: (topic, payload, options) => {
        const decoded = decodeStationMessage(payload);
        const entries = decoded.ok ? entriesOf(decoded.value) : undefined;
        const published = bus.publish(topic, payload, options);
        if (!entries) return published;
        const { epoch, lane, through: last, outcomes } = receiptFor(entries, decoded.texts);
        return published.then(() =>
          dispatch({ type: 'receipt', epoch, lane, through: last, past: 'same', outcomes }),
        );
      },
    }),
};

const unlatchedAtRestart: Mutation = { restored: (restored) => ({ ...restored, latched: [] }) };

/** The outbox hears "published" at once, and the message goes out a moment later, if at all. */
const outboxClearedFirst: Mutation = {
  outboxBus: (bus, { after }) => ({
    publish: async (topic, payload, options) => {
      after(50, () => {
        bus.publish(topic, payload, options).catch(() => undefined); // that nobody hears is the bug
      });
    },
  }),
};

/** Every good-bye is taken for one of the connection that is there now. */
const lateWillBelieved: Mutation = {
  presence: (real) => {
    const sessions = new Map<string, string>();
    return {
      heard: (station) => real.heard(station),
      take: (message) => {
        if (message.kind === 'presence' && message.online) {
          sessions.set(message.station, message.session);
        }
        const session = sessions.get(message.station) ?? message.session;
        return real.take({ ...message, session });
      },
    };
  },
};

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'receipt sent before the commit',
    mutation: receiptBeforeCommit,
    breaks: [invariants.cursor],
    seedsMax: 20,
  },
  {
    name: 'journal without fsync',
    mutation: journalWithoutSync,
    breaks: [invariants.lost, invariants.latched, invariants.unchanged],
    seedsMax: 20,
  },
  {
    name: 'deduplication by the dup flag',
    mutation: deduplicationByDup,
    breaks: [invariants.twice, invariants.foreign],
    seedsMax: 20,
  },
  {
    name: 'no deduplication',
    mutation: noDeduplication,
    breaks: [invariants.twice, invariants.foreign],
    seedsMax: 20,
  },
  {
    name: 'score by order of arrival',
    mutation: scoreByArrival,
    breaks: [invariants.rules],
    seedsMax: 60,
  },
  {
    name: 'every day the first of its month',
    mutation: { score: (checkIns, policy) => scoreDay(checkIns, policy, { monthPoints: 0 }) },
    breaks: [invariants.rules],
    seedsMax: 60,
  },
  {
    name: 'receipt believed without its MAC',
    mutation: receiptWithoutMac,
    breaks: [invariants.cursor, invariants.latched, invariants.light],
    seedsMax: 20,
  },
  {
    name: 'signal before the append',
    mutation: signalBeforeAppend,
    breaks: [invariants.light],
    seedsMax: 20,
  },
  ...testBugs,
  ...pathBugs,
  {
    name: 'cursor moved at the PUBACK',
    mutation: cursorAtPuback,
    breaks: [invariants.cursor],
    seedsMax: 20,
  },
  {
    name: 'alarm unlatched at restart',
    mutation: unlatchedAtRestart,
    breaks: [invariants.latched],
    seedsMax: 20,
  },
  {
    name: 'outbox cleared before it is published',
    mutation: outboxClearedFirst,
    breaks: [invariants.checkInTold, invariants.alarmTold],
    seedsMax: 20,
  },
  {
    name: 'ladder forgotten at a restart',
    mutation: { climbs: ({ nowMs }) => nowMs === 0 },
    breaks: [invariants.people],
    seedsMax: 20,
  },
  {
    name: 'late will believed',
    mutation: lateWillBelieved,
    breaks: [invariants.lateWill],
    seedsMax: 20,
  },
  {
    name: 'silent station speaks',
    mutation: silentStationSpeaks,
    breaks: [invariants.silent],
    seedsMax: 20,
  },
  {
    name: 'neighbour not told of the end',
    mutation: neighbourNeverOver,
    breaks: [invariants.neighbour],
    seedsMax: 20,
  },
];
