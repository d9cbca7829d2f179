import { refuseStranger } from '../app/known-volunteer.ts';
import { noteAction, Refusal, refuseBlank } from '../app/registry.ts';
import type { LocalDay } from '../domain/dating.ts';
import {
  type Candidate,
  candidatesFor,
  type Honour,
  type HonourFigures,
  honourFiguresSchema,
} from '../domain/honours.ts';
import { nightOf } from '../domain/scoring.ts';
import { PolicyBook } from '../ingest/policy-book.ts';
import { removedMonths } from '../privacy/removed-months.ts';
import { periodOf } from '../reports/period.ts';
import { atOneMoment } from '../store/at-one-moment.ts';
import type { Store } from '../store/open-store.ts';
import type { Db } from '../store/schema.ts';

type Read = Pick<Store, 'db' | 'ingest'>;

export interface NamedCandidate extends Candidate {
  readonly name: string;
}

/**
 * Whom the rules propose for an honour in a month, with the figures that they looked at; nobody who was erased.
 * @param month YYYY-MM; the policy of its last day says the rules
 * @throws Refusal when it is no month, or its check-ins are summed up
 */
export function proposeHonour(
  { db, ingest }: Read,
  month: string,
  honour: Honour,
  dayOf: LocalDay,
): Promise<NamedCandidate[]> {
  return atOneMoment(db, async (moment) => {
    const figures = await figuresOf({ db: moment, ingest }, month, dayOf);
    const { body } = await new PolicyBook(ingest).find(monthOf(month).to);
    const names = await namesOf(moment);
    const there = new Map([...figures].filter(([volunteer]) => names.has(volunteer)));
    return candidatesFor(there, body.honours[honour]).map((candidate) => ({
      ...candidate,
      name: names.get(candidate.volunteer) ?? candidate.volunteer,
    }));
  });
}

/**
 * Awards an honour: a person decides, and may decide for somebody whom the rules did not propose.
 * @returns its number
 * @throws Refusal when the month is not over, the volunteer is unknown, or has this honour for it already
 */
export async function awardHonour(
  store: Read,
  { month, honour, volunteer }: { month: string; honour: Honour; volunteer: string },
  { by, reason, atMs, dayOf }: { by: string; reason: string; atMs: number; dayOf: LocalDay },
): Promise<number> {
  refuseBlank(reason, 'the reason');
  if (dayOf(atMs) <= monthOf(month).to) throw new Refusal(`${month} is not over yet`);
  const proposed = await proposeHonour(store, month, honour, dayOf);
  const rank = proposed.find((one) => one.volunteer === volunteer)?.rank ?? null;
  const figures = (await figuresOf(store, month, dayOf)).get(volunteer) ?? noFigures;
  return store.db.transaction().execute(async (trx) => {
    await refuseStranger(trx, volunteer);
    const row = { month, honour, volunteer, figures: JSON.stringify(figures), rank };
    const added = await trx
      .insertInto('honour')
      .values({ ...row, awarded_by: by, awarded_ms: atMs, reason })
      .onConflict((conflict) => conflict.columns(['month', 'honour', 'volunteer']).doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!added) throw new Refusal(`${volunteer} has this honour for ${month} already`);
    await noteAction(trx, by, 'honour award', volunteer, { month, honour, reason }, atMs);
    return added.id;
  });
}

/** Honours that were awarded, newest month first. */
export async function listHonours({ db }: Pick<Store, 'db'>) {
  const rows = await db
    .selectFrom('honour')
    .innerJoin('volunteer', 'volunteer.id', 'honour.volunteer')
    .select(['honour.id', 'month', 'honour', 'volunteer', 'volunteer.name', 'figures', 'rank'])
    .select(['awarded_by as by', 'awarded_ms as atMs', 'reason'])
    .orderBy('month', 'desc')
    .orderBy('honour.id')
    .execute();
  return rows.map(({ figures, ...row }) => ({
    ...row,
    figures: honourFiguresSchema.parse(JSON.parse(figures)),
  }));
}

const noFigures: HonourFigures = {
  ...{ checkIns: 0, days: 0, stations: 0, nightCheckIns: 0 },
  ...{ contributions: 0, contributionPoints: 0 },
};

function monthOf(month: string): { from: string; to: string } {
  if (!/^\d{4}-\d{2}$/.test(month)) throw new Refusal(`${month} is no month: expected 2026-03`);
  return periodOf(month);
}

async function figuresOf(
  { db, ingest }: Read,
  month: string,
  dayOf: LocalDay,
): Promise<Map<string, HonourFigures>> {
  const { from, to } = monthOf(month);
  await refuseSummed(db, month);
  const policies = new PolicyBook(ingest);
  const seen = new Map<
    string,
    { days: Set<string>; stations: Set<string>; figures: HonourFigures }
  >();
  const of = (volunteer: string) => {
    const known = seen.get(volunteer) ?? {
      ...{ days: new Set<string>(), stations: new Set<string>() },
      figures: { ...noFigures },
    };
    seen.set(volunteer, known);
    return known;
  };
  const checkIns = await db
    .selectFrom('check_in')
    .select(['volunteer_id', 'station', 'day', 'occurred_ms'])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .where('counts', '=', 1)
    .where('outcome', '=', 'credited')
    .execute();
  for (const { volunteer_id, station, day, occurred_ms } of checkIns) {
    if (volunteer_id === null) continue;
    const one = of(volunteer_id);
    const { body } = await policies.find(day);
    one.figures.checkIns += 1;
    one.figures.nightCheckIns += nightOf(body)(dayOf.minuteOf(occurred_ms)) ? 1 : 0;
    one.days.add(day);
    one.stations.add(station);
  }
  const contributions = await db
    .selectFrom('contribution')
    .select(['volunteer', 'points'])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .where('decision', '=', 'approved')
    .execute();
  for (const { volunteer, points } of contributions) {
    const { figures } = of(volunteer);
    figures.contributions += 1;
    figures.contributionPoints += points;
  }
  return new Map(
    [...seen].map(([volunteer, { days, stations, figures }]) => [
      volunteer,
      { ...figures, days: days.size, stations: stations.size },
    ]),
  );
}

/** Of those whom an honour can go to. */
async function namesOf(db: Db): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('volunteer')
    .select(['id', 'name'])
    .where('erased_ms', 'is', null)
    .execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Of a month whose check-ins were removed nobody can say any more who was about. */
async function refuseSummed(db: Db, month: string): Promise<void> {
  const { summed } = await removedMonths(db, { from: month, to: month });
  if (summed.length > 0)
    throw new Refusal(`the check-ins of ${month} are summed up: its honours stay as they are`);
}
