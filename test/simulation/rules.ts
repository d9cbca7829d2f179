import { type Policy, policySchema } from '../../hub/domain/policy.ts';

/** What a simulated scheme goes by: policies with the day from which each is in force. */
export type Rules = readonly { readonly from: string; readonly policy: Policy }[];

/** Short enough that a run meets every outcome: a pause, a daily limit. */
const plain = { pointsPerCheckIn: 10, pausePerStationMin: 2, pointsPerDayMax: 60 };
/** A run begins four minutes before midnight, and sees both days of one month. */
const rich = {
  ...{ ...plain, pointsPerDayMax: 40, pointsPerMonthMax: 45 },
  night: { from: '23:58', to: '00:02', points: 3 },
  round: { stations: 2, points: 5 },
};
const other = { ...rich, pointsPerCheckIn: 7, round: { stations: 3, points: 8 } };

const always = '1970-01-01';
/** A seed takes one of them by turns. */
export const allRules: readonly Rules[] = [
  [{ from: always, policy: policySchema.parse(plain) }],
  [{ from: always, policy: policySchema.parse(rich) }],
  [
    { from: always, policy: policySchema.parse(rich) },
    { from: '2026-03-03', policy: policySchema.parse(other) },
  ],
];

/** @throws Error when no policy is in force on the day */
export function policyOn(rules: Rules, day: string): Policy {
  const found = rules.findLast(({ from }) => from <= day);
  if (!found) throw new Error(`no policy is in force on ${day}`);
  return found.policy;
}
