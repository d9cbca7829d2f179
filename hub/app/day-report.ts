import { z } from 'zod';
import type { Listed, Matter, SignedCarry } from '../domain/day-close.ts';

const stepSchema = z.object({
  by: z.string().nullable(),
  at: z.string(),
  /** Since it began: for an alarm, since the button was pressed. Below 0 when a clock was ahead. */
  afterMs: z.int(),
});
const carrySchema = z.object({ day: z.string(), by: z.string(), reason: z.string() });

/** A matter on a day's list, for people and scripts. An alarm's note stays with the alarm. */
export const dayLineSchema = z.object({
  subject: z.string(),
  day: z.string(),
  standing: z.enum(['of-the-day', 'carried', 'late']),
  station: z.string().nullable(),
  stationName: z.string().nullable(),
  what: z.string(),
  began: z.string(),
  stored: stepSchema.omit({ by: true }).nullable(),
  acknowledged: stepSchema.nullable(),
  done: stepSchema.extend({ cause: z.string().nullable() }).nullable(),
  /** By the latest close before. */
  carriedFrom: carrySchema.nullable(),
  /** By the close of this day. */
  carriedOver: carrySchema.nullable(),
});
export type DayLine = z.infer<typeof dayLineSchema>;

/** What a close keeps for good: the list as it was signed. */
export const daySummarySchema = z.object({ timeZone: z.string(), matters: z.array(dayLineSchema) });

export interface DayReport {
  readonly day: string;
  readonly timeZone: string;
  /** `closable`: nothing stands open, and nobody has signed yet. */
  readonly state: 'closed' | 'closable' | 'open';
  readonly closed: { by: string; at: string } | null;
  readonly matters: readonly DayLine[];
  /** Of a closed day: what came after the close, and is cleared with the next one. */
  readonly late: readonly DayLine[];
  /** What keeps it from being closed, a sentence each. */
  readonly missing: readonly string[];
  /** What else is to be known, a sentence each. */
  readonly remarks: readonly string[];
}

export function dayLine(
  { matter, day, standing, carry }: Listed,
  carriedOver: SignedCarry | undefined,
): DayLine {
  const { subject, station, stationName, what, beganMs, storedMs, acknowledged, done } = matter;
  return {
    ...{ subject, day, standing, station, stationName, what, began: timeText(beganMs) },
    stored: storedMs === null ? null : stepAt(matter, storedMs),
    acknowledged: acknowledged && {
      by: acknowledged.by,
      ...stepAt(matter, acknowledged.atMs),
    },
    done: done && { by: done.by, cause: done.cause, ...stepAt(matter, done.atMs) },
    carriedFrom: carry ? carryOf(carry) : null,
    carriedOver: carriedOver ? carryOf(carriedOver) : null,
  };
}

const timeText = (ms: number): string => new Date(ms).toISOString();
const stepAt = ({ beganMs }: Matter, atMs: number) => ({
  at: timeText(atMs),
  afterMs: atMs - beganMs,
});
const carryOf = ({ day, by, reason }: SignedCarry) => ({ day, by, reason });
