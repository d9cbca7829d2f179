/** Whom an alarm that nobody acknowledges is told to, and when: one step after the other, then without end. */

export interface LadderStep {
  /** Counted from when the hub stored the alarm. */
  readonly afterMs: number;
  /** Names of notifiers. */
  readonly notify: readonly string[];
}

export interface Ladder {
  /** In the order of their times. */
  readonly steps: readonly LadderStep[];
  /** Then everybody was told and nobody has answered. */
  readonly exhaustedAfterMs: number;
  /** So often everybody is told again, until somebody answers. */
  readonly repeatEveryMs: number;
}

/** How far the ladder was climbed for an alarm: the highest step, and the highest round after the last. */
export interface Climb {
  readonly step: number;
  readonly round: number;
}

export const atTheFoot: Climb = { step: 0, round: 0 };

/** One thing to do: a step (from 1), or a round after the last step (from 1). */
export interface Rung {
  readonly kind: 'step' | 'round';
  readonly number: number;
  readonly notify: readonly string[];
}

/**
 * What is due for an alarm of this age and not done yet. A hub that was away does every step that it
 * missed, each once; of the rounds only the latest, because each says the same.
 */
export function rungsDue(ladder: Ladder, climb: Climb, ageMs: number): Rung[] {
  const steps = ladder.steps.flatMap(({ afterMs, notify }, index): Rung[] => {
    const number = index + 1;
    return number > climb.step && ageMs >= afterMs ? [{ kind: 'step', number, notify }] : [];
  });
  const overMs = ageMs - ladder.exhaustedAfterMs;
  if (overMs < 0) return steps;
  const round = 1 + Math.floor(overMs / ladder.repeatEveryMs);
  if (round <= climb.round) return steps;
  return [...steps, { kind: 'round', number: round, notify: everybody(ladder) }];
}

export const climbed = (climb: Climb, { kind, number }: Pick<Rung, 'kind' | 'number'>): Climb => ({
  ...climb,
  [kind]: Math.max(climb[kind], number),
});

/** Who stands on any step, each once. */
export const everybody = ({ steps }: Ladder): string[] => [
  ...new Set(steps.flatMap(({ notify }) => notify)),
];
