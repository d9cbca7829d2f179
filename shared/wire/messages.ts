import { z } from 'zod';
import {
  enrolRequestSchema,
  epochSchema,
  sessionSchema,
  stationIdSchema,
  testRequestSchema,
} from '../ids.ts';
import {
  alarmEntrySchema,
  laneSchema,
  readingSchema,
  routineEntrySchema,
  sequenceSchema,
} from './entry.ts';
import {
  alarmMessageBytesMax,
  announceEveryMaxMs,
  announceEveryMinMs,
  enrolForMaxMs,
  enrolForMinMs,
  entriesPerMessageMax,
  latchedAlarmsMax,
  stationNameMax,
} from './limits.ts';

/** Every message says its wire version first, then what it is and whose. */
const envelope = { v: z.literal(1), station: stationIdSchema };
const hashSchema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits');

/**
 * When a boot began by the hub's reckoning, in milliseconds since 1970: told with the receipt of entries
 * that their own clock does not date, kept by the station, and repeated with entries of that boot, so
 * that a hub which came back from a backup dates them as before.
 */
export const bootAnchorSchema = z.object({ boot: readingSchema.shape.boot, startMs: z.int() });
export type BootAnchor = z.infer<typeof bootAnchorSchema>;
const bootAnchorsSchema = z.array(bootAnchorSchema).max(entriesPerMessageMax);

/**
 * `previous` is the chain hash in front of the first entry; `sent` dates the entries of the same boot;
 * `oldest` is the lowest sequence that the station still has of this lane, so that a hub which lost
 * what came before it does not ask for it for ever.
 */
const entriesMessage = {
  epoch: epochSchema,
  sent: readingSchema,
  oldest: sequenceSchema,
  /** What the hub said of boots that entries of this message are of; absent when it said nothing. */
  boots: bootAnchorsSchema.optional(),
  previous: hashSchema,
};

export const journalMessageSchema = z.object({
  ...envelope,
  kind: z.literal('journal'),
  ...entriesMessage,
  entries: z.array(routineEntrySchema).min(1).max(entriesPerMessageMax),
});

export const alarmMessageSchema = z.object({
  ...envelope,
  kind: z.literal('alarm'),
  ...entriesMessage,
  entries: z.array(alarmEntrySchema).length(1),
});

/** Names one alarm of a station for good: an epoch and a sequence in its alarm lane. */
export const alarmKeySchema = z.object({ epoch: epochSchema, seq: sequenceSchema });
export type AlarmKey = z.infer<typeof alarmKeySchema>;

/**
 * Birth, heartbeat and will of a station, retained. An `online` one also asks the hub two things:
 * how far it has committed this epoch (answered by a receipt per lane), and what became of the
 * alarms that are still latched here (answered by a command each).
 */
export const presenceMessageSchema = z.object({
  ...envelope,
  kind: z.literal('presence'),
  session: sessionSchema,
  online: z.boolean(),
  /** When the session began, by the station's wall clock. */
  sinceMs: z.int().nonnegative(),
  epoch: epochSchema,
  latched: z.array(alarmKeySchema).max(latchedAlarmsMax),
});

export const partStateSchema = z.enum(['ready', 'starting', 'fault']);
export type PartState = z.infer<typeof partStateSchema>;

export const healthMessageSchema = z.object({
  ...envelope,
  kind: z.literal('health'),
  session: sessionSchema,
  sent: readingSchema,
  version: z.string().max(40),
  reader: partStateSchema,
  panel: partStateSchema,
  journal: partStateSchema,
  /** Whether there is room for entries; a station that does not say has no such watch. */
  disk: partStateSchema.optional(),
  /** A fault when no time service has set the clock for long; not each station says it. */
  clock: partStateSchema.optional(),
  /** A fault when the unit gets too little voltage; a unit that cannot tell says nothing. */
  power: partStateSchema.optional(),
  /** A fault while the panic button is stuck; not each station says it. */
  button: partStateSchema.optional(),
  /** The card that an operator waits for here, and what came so far; absent when nobody waits. */
  enrolment: z
    .object({ request: enrolRequestSchema, state: z.enum(['waiting', 'again', 'phone']) })
    .optional(),
  /** Entries that the hub has not yet receipted. */
  backlog: z.int().nonnegative(),
  diskFreeBytes: z.int().nonnegative(),
});

export const outcomeSchema = z.enum([
  'credited',
  'already-checked-in',
  'daily-limit',
  'unknown-card',
  'blocked-card',
  'held-for-review',
  'recorded',
]);
export type Outcome = z.infer<typeof outcomeSchema>;

/** What the hub has committed of one lane. Lower than the station thinks means: send again from there. */
export const receiptMessageSchema = z.object({
  ...envelope,
  kind: z.literal('receipt'),
  epoch: epochSchema,
  lane: laneSchema,
  /** Highest sequence that is committed, with all before it; 0 for none. */
  through: z.int().nonnegative(),
  /** The chain hash at `through`: a station whose own differs has another past than the hub knows. */
  hash: hashSchema,
  outcomes: z
    .array(
      z.object({
        seq: sequenceSchema,
        outcome: outcomeSchema,
        points: z.int().optional(),
      }),
    )
    .max(entriesPerMessageMax),
  /** When boots began that the station is to remember; absent when all is dated without. */
  boots: bootAnchorsSchema.optional(),
});

/** A sealed message of somebody else's, exactly as it came: its own MAC covers these bytes. */
const carriedSchema = z.string().min(1).max(alarmMessageBytesMax);

/** An alarm-lane message of a neighbour that does not reach the hub itself. `station` is who carries it. */
export const relayMessageSchema = z.object({
  ...envelope,
  kind: z.literal('relay'),
  message: carriedSchema,
});

/** What the hub answers to a neighbour, for the relay to hand on. */
export const relayedMessageSchema = z.object({
  ...envelope,
  kind: z.literal('relayed'),
  /** The MAC of the message that was carried: says which one this answers. */
  of: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected 32 bytes as base64url'),
  /** The neighbour's sealed receipt; null when the hub refused what was carried. */
  receipt: carriedSchema.nullable(),
});

/** What became of an alarm, as the hub has it on disk. */
export const alarmStateSchema = z.enum(['stored', 'acknowledged', 'resolved']);
export type AlarmState = z.infer<typeof alarmStateSchema>;

const announceEveryMsSchema = z.int().min(announceEveryMinMs).max(announceEveryMaxMs);

/** What became of another station's alarm, for those whom the operator chose to be told at once. */
export const neighbourAlarmStateSchema = z.enum(['raised', 'acknowledged', 'resolved']);
export type NeighbourAlarmState = z.infer<typeof neighbourAlarmStateSchema>;

export const commandMessageSchema = z.object({
  ...envelope,
  kind: z.literal('command'),
  command: z.discriminatedUnion('name', [
    z.object({ name: z.literal('alarm-state'), alarm: alarmKeySchema, state: alarmStateSchema }),
    z.object({
      name: z.literal('neighbour-alarm'),
      /** The alarm of that station, not of the one that is told. */
      alarm: alarmKeySchema,
      stationName: z.string().max(stationNameMax),
      state: neighbourAlarmStateSchema,
    }),
    /**
     * This lane has forked from what the hub knows: what was sent through `through` is set aside for
     * a person to decide on, and the station goes on in a new epoch.
     */
    z.object({
      name: z.literal('begin-epoch'),
      epoch: epochSchema,
      lane: laneSchema,
      through: sequenceSchema,
      /** The chain hash at `through` as the station sent it. */
      hash: hashSchema,
    }),
    /** Try the alarm's whole way; a request that comes twice is one. */
    z.object({ name: z.literal('test'), request: testRequestSchema }),
    /**
     * A card is awaited here, for somebody: each that is tapped meanwhile comes with this request. A
     * station that does not know this refuses it, and says nothing of it in its health.
     */
    z.object({
      name: z.literal('enrol'),
      request: enrolRequestSchema,
      forMs: z.int().min(enrolForMinMs).max(enrolForMaxMs),
    }),
    z.object({ name: z.literal('enrol-over'), request: enrolRequestSchema }),
    /** How often the station has to say that it is there, so that its silence is noticed in time. */
    z.object({ name: z.literal('announce-every'), everyMs: announceEveryMsSchema }),
  ]),
});

/** Public and unsigned: it moves no point and no alarm, only the "hub not reachable" light. */
export const hubPresenceSchema = z.object({
  v: z.literal(1),
  kind: z.literal('hub-presence'),
  session: sessionSchema,
  online: z.boolean(),
  sinceMs: z.int().nonnegative(),
});

export type JournalMessage = z.infer<typeof journalMessageSchema>;
export type AlarmMessage = z.infer<typeof alarmMessageSchema>;
export type PresenceMessage = z.infer<typeof presenceMessageSchema>;
export type HealthMessage = z.infer<typeof healthMessageSchema>;
export type RelayMessage = z.infer<typeof relayMessageSchema>;
export type RelayedMessage = z.infer<typeof relayedMessageSchema>;
export type ReceiptMessage = z.infer<typeof receiptMessageSchema>;
export type CommandMessage = z.infer<typeof commandMessageSchema>;
export type HubPresence = z.infer<typeof hubPresenceSchema>;

/** What a station sends, by the topic it is sent on. */
export const stationMessageSchema = z.discriminatedUnion('kind', [
  journalMessageSchema,
  alarmMessageSchema,
  presenceMessageSchema,
  healthMessageSchema,
  relayMessageSchema,
]);
export type StationMessage = z.infer<typeof stationMessageSchema>;

/** What the hub sends to one station. */
export const hubMessageSchema = z.discriminatedUnion('kind', [
  receiptMessageSchema,
  commandMessageSchema,
  relayedMessageSchema,
]);
export type HubMessage = z.infer<typeof hubMessageSchema>;
