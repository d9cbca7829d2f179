import { z } from 'zod';

/** What a volunteer did in a month, as far as honours look at it. Counts, days and points. */
export const honourFiguresSchema = z.object({
  /** Check-ins that earned points. */
  checkIns: z.int(),
  /** Days with one. */
  days: z.int(),
  /** Different stations. */
  stations: z.int(),
  /** Of those, in the policy's night hours. */
  nightCheckIns: z.int(),
  /** Contributions that were approved, by the day on which they were made. */
  contributions: z.int(),
  contributionPoints: z.int(),
});
export type HonourFigures = z.infer<typeof honourFiguresSchema>;

export const honours = ['star-of-safety', 'patrol-pacesetter'] as const;
export type Honour = (typeof honours)[number];

const candidatesMax = 100;
const figureNames = honourFiguresSchema.keyof();

/** Who is proposed: whoever reaches `atLeast`, in the order of `by`, the best `candidates` of them. */
const honourRuleSchema = z.strictObject({
  /** The figures that order the candidates, the weightiest first. */
  by: z.array(figureNames).min(1),
  atLeast: z.partialRecord(figureNames, z.int().nonnegative()).default({}),
  candidates: z.int().min(1).max(candidatesMax).default(3),
});
export type HonourRule = z.infer<typeof honourRuleSchema>;

/** 平安之星 for what somebody contributed, 巡逻标兵 for being about. */
export const honourRulesSchema = z
  .strictObject({
    'star-of-safety': honourRuleSchema.prefault({
      by: ['contributionPoints', 'contributions', 'days'],
      atLeast: { contributions: 1 },
    }),
    'patrol-pacesetter': honourRuleSchema.prefault({
      by: ['days', 'checkIns', 'stations'],
      atLeast: { days: 10 },
    }),
  })
  .prefault({});

export interface Candidate {
  readonly volunteer: string;
  readonly figures: HonourFigures;
  /** From 1; people with the same figures have the same. */
  readonly rank: number;
}

/**
 * Who is proposed for an honour. People who are alike in all that counts share a rank, and none of them
 * is left out for the letters of an id: so there may be more of them than asked for.
 */
export function candidatesFor(
  all: ReadonlyMap<string, HonourFigures>,
  { by, atLeast, candidates }: HonourRule,
): Candidate[] {
  const reached = [...all]
    .filter(([, figures]) =>
      figureNames.options.every((name) => figures[name] >= (atLeast[name] ?? 0)),
    )
    .map(([volunteer, figures]) => ({ volunteer, figures }))
    .toSorted((a, b) => compare(a.figures, b.figures, by) || (a.volunteer < b.volunteer ? -1 : 1));
  return reached
    .map((one) => ({
      ...one,
      rank: 1 + reached.filter((other) => compare(other.figures, one.figures, by) < 0).length,
    }))
    .filter(({ rank }) => rank <= candidates);
}

/** Below 0 when `a` comes first. */
function compare(a: HonourFigures, b: HonourFigures, by: HonourRule['by']): number {
  for (const name of by) if (a[name] !== b[name]) return b[name] - a[name];
  return 0;
}
