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

/** How far the ladder was climbed for an alarm: the highest step, and the rounds after the last. */
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
 * missed, each once; of the rounds only one, because each says the same. Rounds go by the time since
 * the last: counted from the alarm, a clock that was ahead for a moment would silence them for as long.
 * @param sinceRoundMs since the latest round; whatever it is when there was none
 */
export function rungsDue(
  ladder: Ladder,
  climb: Climb,
  { ageMs, sinceRoundMs }: { ageMs: number; sinceRoundMs: number },
): Rung[] {
  const steps = ladder.steps.flatMap(({ afterMs, notify }, index): Rung[] => {
    const number = index + 1;
    return number > climb.step && ageMs >= afterMs ? [{ kind: 'step', number, notify }] : [];
  });
  const isExhausted = ageMs >= ladder.exhaustedAfterMs;
  const isDue = climb.round === 0 || sinceRoundMs >= ladder.repeatEveryMs;
  if (!isExhausted || !isDue) return steps;
  return [...steps, { kind: 'round', number: climb.round + 1, notify: everybody(ladder) }];
}

export const climbed = (climb: Climb, { kind, number }: Pick<Rung, 'kind' | 'number'>): Climb => ({
  ...climb,
  [kind]: Math.max(climb[kind], number),
});

/** Who stands on any step, each once. */
export const everybody = ({ steps }: Ladder): string[] => [
  ...new Set(steps.flatMap(({ notify }) => notify)),
];
