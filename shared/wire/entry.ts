import { hash } from 'node:crypto';
import { z } from 'zod';
import { enrolRequestSchema, epochSchema, testRequestSchema } from '../ids.ts';
import { sequenceMax } from './limits.ts';

/** One reading of a station's clocks. A Pi has no battery clock, so the wall clock alone says little. */
export const readingSchema = z.object({
  /** Wall clock, milliseconds since 1970-01-01 UTC; may be wrong. */
  wallMs: z.int().nonnegative(),
  /** Monotonic clock, milliseconds since the unit booted; never jumps. */
  monoMs: z.int().nonnegative(),
  /** Which boot the monotonic clock belongs to. */
  boot: z.string().min(1).max(64),
  /** Whether a time service vouched for the wall clock. */
  synced: z.boolean(),
});
export type Reading = z.infer<typeof readingSchema>;

export const laneSchema = z.enum(['alarm', 'routine']);
export type Lane = z.infer<typeof laneSchema>;
export const lanes = laneSchema.options;

export const sequenceSchema = z.int().min(1).max(sequenceMax);

/** 128 bits as hex: HMAC-SHA256(scheme key, UID), truncated. The UID itself never leaves a station. */
export const cardTokenSchema = z.string().regex(/^[0-9a-f]{32}$/, 'expected 32 hex digits');

/**
 * What an NTAG 424 DNA wrote when it was read, in hex: a secure unique NFC message (AN12196). Only the
 * hub, which has the keys, can tell what it is worth; so it is taken in any shape, and bounded only.
 */
export const sunMessageSchema = z.object({
  /** Encrypted PICCData. */
  picc: z.string().max(64),
  cmac: z.string().max(64),
});
export type SunMessage = z.infer<typeof sunMessageSchema>;

const base = { seq: sequenceSchema, at: readingSchema };

export const faultPartSchema = z.enum([
  'reader',
  'panel',
  'journal',
  'clock',
  'disk',
  'button',
  'power',
]);
export type FaultPart = z.infer<typeof faultPartSchema>;

/** What brings an alarm to the hub beside the broker: the hub's own door, or a neighbour that carries it. */
export const otherPathSchema = z.enum(['https', 'relay']);
export type OtherPath = z.infer<typeof otherPathSchema>;
export const otherPaths = otherPathSchema.options;

/** Two of these and all around them are below the bytes of an entry, whatever the characters. */
export const triedDetailMax = 100;

/** What came of one other path when a test was sent by it. */
export const triedPathSchema = z.object({
  path: otherPathSchema,
  /** Until the hub's sealed receipt was back, by the station's clock; null when none came. */
  tookMs: z.int().nonnegative().nullable(),
  /** Who carried it, or why nothing came. */
  detail: z.string().max(triedDetailMax),
});
export type TriedPath = z.infer<typeof triedPathSchema>;

/** `undelivered` after ten seconds without the hub's receipt, and never `stored` any more. */
export const testLightSchema = z.enum(['stored', 'undelivered']);
export type TestLight = z.infer<typeof testLightSchema>;

export const routineEntrySchema = z.discriminatedUnion('type', [
  z.object({
    ...base,
    type: z.literal('check-in'),
    card: cardTokenSchema,
    /** Tapped while an operator waits for a card here; a hub that does not know it sees a check-in. */
    enrol: enrolRequestSchema.optional(),
    sun: sunMessageSchema.optional(),
  }),
  z.object({ ...base, type: z.literal('started'), version: z.string().max(40) }),
  /** The clock was set just now: its reading dates every entry of the same boot. */
  z.object({ ...base, type: z.literal('clock') }),
  z.object({
    ...base,
    type: z.literal('fault'),
    part: faultPartSchema,
    state: z.enum(['begun', 'ended']),
    detail: z.string().max(200),
  }),
  /** A test of the alarm lane, by its sequence, was sent by the other paths too. */
  z.object({
    ...base,
    type: z.literal('second-path'),
    test: sequenceSchema,
    /** Of the test: this entry may come to stand in a journal that took the place of the test's. */
    epoch: epochSchema.optional(),
    tried: z.array(triedPathSchema).min(1).max(otherPaths.length),
  }),
  /** What the light really said in the end of a test of the alarm lane, by its sequence. */
  z.object({
    ...base,
    type: z.literal('test-shown'),
    test: sequenceSchema,
    /** Of the test, as above. */
    epoch: epochSchema,
    light: testLightSchema,
    /** From the test's entry on disk until then, by the station's monotonic clock. */
    tookMs: z.int().nonnegative(),
  }),
]);

/** Who started a test of the alarm's way: an operator, or somebody at the unit. */
export const testedBySchema = z.enum(['operator', 'unit']);
export type TestedBy = z.infer<typeof testedBySchema>;

export const alarmEntrySchema = z.discriminatedUnion('type', [
  z.object({ ...base, type: z.literal('alarm'), gesture: z.enum(['hold', 'triple-press']) }),
  /** Pressed again soon after: the caller says it was a mistake. The alarm stands all the same. */
  z.object({ ...base, type: z.literal('mistake'), alarm: sequenceSchema }),
  /** Goes the way of an alarm and alarms nobody. `request` is the operator's, when one asked for it. */
  z.object({
    ...base,
    type: z.literal('test'),
    by: testedBySchema,
    request: testRequestSchema.optional(),
    /** The other paths that it is sent by too; what comes of them is an entry of its own. */
    paths: z.array(otherPathSchema).min(1).max(otherPaths.length).optional(),
  }),
]);

export type RoutineEntry = z.infer<typeof routineEntrySchema>;
export type AlarmEntry = z.infer<typeof alarmEntrySchema>;
export type Entry = RoutineEntry | AlarmEntry;

/** The entry as it is hashed and stored: JSON text, members in the order in which they were written. */
export const entryText = (entry: object): string => JSON.stringify(entry);

/** The hash that stands before the first entry of a lane. */
export const genesisHash = (epoch: string, lane: Lane): string =>
  hash('sha256', `yizhan/v1 ${epoch} ${lane}`, 'hex');

/** Each entry carries the one before it: change one, and every later hash differs. */
export const chainHash = (previous: string, text: string): string =>
  hash('sha256', previous + text, 'hex');
