import { z } from 'zod';
import { everybody, type Ladder } from '../domain/ladder.ts';

const stepsMax = 20;
const secondsMax = 86_400;
/** Whoever is told less often than this has not answered; more often, a person cannot act in between. */
const repeatMinS = 10;

const stepSchema = z.strictObject({
  /** After so long without an answer; 0 is at once. */
  afterS: z.int().min(0).max(secondsMax),
  notify: z.array(z.string().min(1)).min(1, 'a step tells somebody'),
});

const namedTwice = (names: readonly string[]): Set<string> =>
  new Set(names.filter((name, index) => names.indexOf(name) !== index));

/** `ladder` in hub.json. Without it an alarm that nobody acknowledges is loud on the feed alone. */
export const ladderSchema = z
  .strictObject({
    steps: z.array(stepSchema).max(stepsMax).default([]),
    exhaustedAfterS: z.int().min(10).max(secondsMax).default(180),
    repeatEveryS: z.int().min(repeatMinS).max(3_600).default(60),
  })
  .superRefine(({ steps, exhaustedAfterS }, context) => {
    for (const [index, { afterS, notify }] of steps.entries()) {
      for (const name of namedTwice(notify)) {
        const path = ['steps', index, 'notify'];
        context.addIssue({ code: 'custom', path, message: `names ${name} twice: once is enough` });
      }
      const before = steps[index - 1]?.afterS ?? -1;
      const path = ['steps', index, 'afterS'];
      if (afterS <= before) {
        context.addIssue({ code: 'custom', path, message: `comes after ${before}: only upwards` });
      }
      if (afterS >= exhaustedAfterS) {
        const message = `is never reached: exhausted after ${exhaustedAfterS}`;
        context.addIssue({ code: 'custom', path, message });
      }
    }
  });
export type LadderSettings = z.infer<typeof ladderSchema>;

/** @param settings as the schema has found them sound */
export function makeLadder({ steps, exhaustedAfterS, repeatEveryS }: LadderSettings): Ladder {
  return {
    steps: steps.map(({ afterS, notify }) => ({ afterMs: afterS * 1000, notify })),
    exhaustedAfterMs: exhaustedAfterS * 1000,
    repeatEveryMs: repeatEveryS * 1000,
  };
}

/** @returns names on the ladder that no notifier has */
export function strangersOn(settings: LadderSettings, notifiers: readonly string[]): string[] {
  return everybody(makeLadder(settings)).filter((name) => !notifiers.includes(name));
}

/** @returns one line for each notifier that stands on no step: nobody would ever hear from it */
export const untoldBy = (settings: LadderSettings, notifiers: readonly string[]): string[] => {
  const named = everybody(makeLadder(settings));
  return notifiers
    .filter((name) => !named.includes(name))
    .map((name) => `no step of the ladder tells ${name}`);
};
