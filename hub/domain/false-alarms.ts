import { z } from 'zod';
import { type AlarmCause, alarmCauses } from './alarm.ts';

/**
 * How many false alarms of a station are taken without a word. The number is that of the British
 * police, who withdraw their response after three in twelve months; here the fourth makes a
 * suggestion to a person, and the next press is answered like the first.
 */
export const falseAlarmRuleSchema = z.strictObject({
  perDays: z.int().min(1).max(366).default(90),
  /** One more than this within `perDays` is over the limit. */
  limit: z.int().min(1).max(1_000).default(3),
});
export type FalseAlarmRule = z.infer<typeof falseAlarmRuleSchema>;

/** An alarm, as far as its being false is concerned. */
export interface AlarmFact {
  readonly station: string;
  readonly raisedMs: number;
  /** Null while nobody has resolved it. */
  readonly cause: AlarmCause | null;
  /** Whether who pressed marked it at the unit, within seconds, as pressed by mistake. */
  readonly marked: boolean;
}

export const suggestions = ['relabel', 'longer-hold', 'guard', 'retrain'] as const;
export type Suggestion = (typeof suggestions)[number];

/** What can be done at the station. Each says what every one of them is: no more than advice. */
export const suggestionTexts: Record<Suggestion, string> = {
  relabel:
    'Label the button again, in every language that people there read, or move it: ' +
    'most of these were pressed on purpose by people without an emergency.',
  'longer-hold':
    'Ask for a longer hold (button.holdMs in station.json): ' +
    'most of these were slips, noticed at once by whoever made them.',
  guard: 'Put a guard over the button: most of these were slips that nobody there noticed.',
  retrain: 'Go through it with the staff: when to press, and what to do after a slip.',
};
export const staysInForce = 'The button stays in force: nothing here silences it.';

export interface StationFigures {
  readonly station: string;
  readonly causes: Readonly<Record<AlarmCause, number>>;
  /** Alarms that nobody has resolved: no judgement on them yet. */
  readonly unresolved: number;
  /** Those of the causes `false` and `mistake`. */
  readonly falseAlarms: number;
}

const dayMs = 86_400_000;
export const windowStartMs = (nowMs: number, perDays: number): number => nowMs - perDays * dayMs;

export const isFalse = ({ cause }: Pick<AlarmFact, 'cause'>): boolean =>
  cause === 'false' || cause === 'mistake';

/** Counts per station and cause of the alarms raised since `fromMs`; most false ones first. */
export function figuresOf(facts: readonly AlarmFact[], fromMs: number): StationFigures[] {
  const within = facts.filter(({ raisedMs }) => raisedMs >= fromMs);
  return [...factsByStation(within)]
    .map(([station, own]) => ({
      station,
      causes: countCauses(own),
      unresolved: own.filter(({ cause }) => cause === null).length,
      falseAlarms: own.filter(isFalse).length,
    }))
    .sort((a, b) => b.falseAlarms - a.falseAlarms || (a.station < b.station ? -1 : 1));
}

export function factsByStation(facts: readonly AlarmFact[]): Map<string, AlarmFact[]> {
  const stations = new Map<string, AlarmFact[]>();
  for (const fact of facts) {
    const own = stations.get(fact.station);
    if (own) own.push(fact);
    else stations.set(fact.station, [fact]);
  }
  return stations;
}

function countCauses(facts: readonly AlarmFact[]): Record<AlarmCause, number> {
  const count = { real: 0, false: 0, mistake: 0, test: 0 } satisfies Record<AlarmCause, number>;
  for (const cause of alarmCauses)
    count[cause] = facts.filter((fact) => fact.cause === cause).length;
  return count;
}

/**
 * What to try at a station that is over its limit.
 *
 * | the operator said | marked at the unit | who that is | try |
 * |---|---|---|---|
 * | false | no | pressed on purpose, and knows no mark: a passer-by | relabel |
 * | false | yes | pressed on purpose, and took it back: staff who do not know what it is for | retrain |
 * | mistake | yes | slipped, and saw it at once | longer hold |
 * | mistake | no | brushed, and saw nothing | guard |
 *
 * That which more than half of the false alarms speak for; where nothing is so plain, retrain.
 * (Seoul found missing foreign labels and bad places behind most false calls of its emergency bells.)
 * @param facts of one station
 * @returns undefined when the station is not over its limit
 */
export function suggest(
  facts: readonly AlarmFact[],
  { perDays, limit }: FalseAlarmRule,
  nowMs: number,
): Suggestion | undefined {
  const fromMs = windowStartMs(nowMs, perDays);
  const counted = facts.filter((fact) => isFalse(fact) && fact.raisedMs >= fromMs);
  if (counted.length <= limit) return undefined;
  const spokenFor = counted.map(remedyOf);
  const isMost = (one: Suggestion) =>
    spokenFor.filter((other) => other === one).length * 2 > spokenFor.length;
  return suggestions.find(isMost) ?? 'retrain';
}

function remedyOf({ cause, marked }: AlarmFact): Suggestion {
  if (cause === 'false') return marked ? 'retrain' : 'relabel';
  return marked ? 'longer-hold' : 'guard';
}

/**
 * Whether the last judgement is what brought the station over its limit: it is told once, then.
 * @param before what was known of the station without that judgement
 */
export function crossesLimit(
  before: readonly AlarmFact[],
  after: readonly AlarmFact[],
  rule: FalseAlarmRule,
  nowMs: number,
): Suggestion | undefined {
  return suggest(before, rule, nowMs) === undefined ? suggest(after, rule, nowMs) : undefined;
}
