import { counted } from '../../shared/counted.ts';
import type { CardTrust } from '../domain/card-trust.ts';
import { MonthTally } from '../domain/month-tally.ts';
import { type Pause, scoreBesidesPauses } from '../domain/pauses.ts';
import type { Policy } from '../domain/policy.ts';
import { inForceOn } from '../domain/policy-history.ts';
import { type PointsPart, scoreDay } from '../domain/scoring.ts';
import { type CountedCheckIn, countedDays, pausesByVolunteer } from '../ledger/counted-days.ts';
import { TrustedCheckIns } from '../ledger/trusted-check-ins.ts';
import { type ErasedCheckIns, removedMonths } from '../privacy/removed-months.ts';
import type { Db } from '../store/schema.ts';
import { policyHistory } from './policies.ts';
import { Refusal } from './registry.ts';

export interface Replay {
  readonly policy: Policy;
  /** First and last local day. */
  readonly from: string;
  readonly to: string;
  /** For check-ins that were stored before the hub kept the minute of their day. */
  readonly minuteOf: (ms: number) => number;
}

export interface ReplayedVolunteer {
  readonly volunteer: string;
  readonly name: string;
  /** Points for check-ins in these days, by the policies that were in force and by the new one. */
  readonly was: number;
  readonly wouldBe: number;
  readonly change: number;
}

type Sums = Readonly<Record<PointsPart['rule'], number>>;

export interface ReplayReport {
  readonly from: string;
  readonly to: string;
  readonly checkIns: number;
  /** All who checked in, those who would lose most first. */
  readonly volunteers: readonly ReplayedVolunteer[];
  readonly gaining: number;
  readonly losing: number;
  readonly was: number;
  readonly wouldBe: number;
  readonly byRule: { readonly was: Sums; readonly wouldBe: Sums };
  /** What the policy says otherwise than one in force on these days, and a replay does not look at. */
  readonly leftOut: readonly (keyof Policy)[];
  /** Whose check-ins of these months are no part of it. */
  readonly erased: ErasedCheckIns;
}

/** A person decides on what comes later: what they would have said is not known. */
const notReplayed = ['acceptDays'] as const;

/** What a policy asks of cards that says nothing of it. */
const trustOf = ({ cardTrust = 'uid' }: Policy): CardTrust => cardTrust;

/**
 * What the check-ins of past days would have earned by another policy. Nothing is written. A month that
 * began before `from` is entered with what it had really earned until then. Bounties and contributions
 * are no part of it.
 * @param say told of each day
 * @throws Refusal when the days are in the wrong order, or their check-ins are summed up
 */
export async function replayPolicy(
  db: Db,
  { policy, from, to, minuteOf }: Replay,
  say: (text: string) => void = () => {},
): Promise<ReplayReport> {
  if (from > to) throw new Refusal(`the days are in the wrong order: from ${from} to ${to}`);
  const { kept } = await db
    .selectFrom('retention_run')
    .select(({ fn }) => fn.max<string | null>('before_day').as('kept'))
    .where('volunteer_id', 'is', null)
    .executeTakeFirstOrThrow();
  if (kept !== null && from < kept) {
    throw new Refusal(`the check-ins from before ${kept} are summed up: replay from there on`);
  }
  const history = await policyHistory(db);
  const pauses = await pausesByVolunteer(db);
  const [before, after] = [new Side(pauses), new Side(pauses)];
  const trusted = new TrustedCheckIns(db);
  const inForce = new Set<Policy>();
  let checkIns = 0;
  for await (const { day, byVolunteer } of countedDays(db, {
    from: `${from.slice(0, 7)}-01`,
    to,
  })) {
    say(`${day}, ${counted(checkIns, 'check-in')}`);
    const old = inForceOn(history, day).policy;
    inForce.add(old);
    const isAsked = day >= from;
    for (const [volunteer, rows] of byVolunteer) {
      if (volunteer === null) continue;
      before.score(rows, { volunteer, day, policy: old, isAsked });
      if (isAsked) checkIns += rows.length;
    }
    const isOtherTrust = isAsked && trustOf(policy) !== trustOf(old);
    const wouldCount = isOtherTrust ? await trusted.on(day, trustOf(policy)) : byVolunteer;
    for (const [volunteer, rows] of wouldCount) {
      if (volunteer === null) continue;
      const timed = rows.map((row) => ({ ...row, minute: row.minute ?? minuteOf(row.occurredMs) }));
      after.score(timed, { volunteer, day, policy: isAsked ? policy : old, isAsked });
    }
  }
  const { erased } = await removedMonths(db, { from: from.slice(0, 7), to: to.slice(0, 7) });
  const names = await db.selectFrom('volunteer').select(['id', 'name']).execute();
  const volunteers = names.flatMap(({ id, name }): ReplayedVolunteer[] => {
    const [had, would] = [before.points.get(id), after.points.get(id)];
    if (had === undefined && would === undefined) return [];
    const [was, wouldBe] = [had ?? 0, would ?? 0];
    return [{ volunteer: id, name, was, wouldBe, change: wouldBe - was }];
  });
  const sum = (key: 'was' | 'wouldBe') => volunteers.reduce((total, one) => total + one[key], 0);
  return {
    ...{ from, to, checkIns },
    volunteers: volunteers.sort(
      (a, b) => a.change - b.change || (a.volunteer < b.volunteer ? -1 : 1),
    ),
    gaining: volunteers.filter(({ change }) => change > 0).length,
    losing: volunteers.filter(({ change }) => change < 0).length,
    ...{ was: sum('was'), wouldBe: sum('wouldBe') },
    byRule: { was: before.byRule, wouldBe: after.byRule },
    leftOut: notReplayed.filter((name) => [...inForce].some((old) => old[name] !== policy[name])),
    erased,
  };
}

/** The days as they come out by one set of rules. */
class Side {
  readonly points = new Map<string, number>();
  readonly byRule = { 'check-in': 0, night: 0, round: 0 };
  readonly #month = new MonthTally();
  readonly #pauses: ReadonlyMap<string, readonly Pause[]>;

  constructor(pauses: ReadonlyMap<string, readonly Pause[]>) {
    this.#pauses = pauses;
  }

  score(
    rows: readonly CountedCheckIn[],
    on: { volunteer: string; day: string; policy: Policy; isAsked: boolean },
  ): void {
    const { volunteer, day, policy, isAsked } = on;
    const monthPoints = this.#month.before(volunteer, day);
    const scored = scoreBesidesPauses(rows, this.#pauses.get(volunteer) ?? [], (active) =>
      scoreDay(active, policy, { monthPoints }),
    );
    const points = scored.reduce((sum, one) => sum + one.points, 0);
    this.#month.add(volunteer, day, points);
    if (!isAsked) return;
    this.points.set(volunteer, (this.points.get(volunteer) ?? 0) + points);
    this.#addParts(scored);
  }

  #addParts(scored: readonly { parts: readonly PointsPart[] }[]): void {
    for (const { parts } of scored) {
      for (const { rule, points } of parts) this.byRule[rule] += points;
    }
  }
}
