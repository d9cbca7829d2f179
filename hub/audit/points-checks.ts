import { MonthTally } from '../domain/month-tally.ts';
import { scoreBesidesPauses } from '../domain/pauses.ts';
import { scoreDay } from '../domain/scoring.ts';
import { PolicyBook } from '../ingest/policy-book.ts';
import { countedDays, pausesByVolunteer } from '../ledger/counted-days.ts';
import type { AuditCheck } from './check.ts';
import { rowsPerPage } from './pages.ts';

const allDays = { from: '0000-01-01', to: '9999-12-31' };

export const pointsChecks: readonly AuditCheck[] = [
  { claim: 'each check-in is worth what the rules of its day make of it', run: wrongScores },
  { claim: 'what a check-in is worth is the sum of its transfers', run: wrongSums },
];

async function* wrongScores({ db, store, say }: Parameters<AuditCheck['run']>[0]) {
  const policies = new PolicyBook(store.ingest);
  const pauses = await pausesByVolunteer(db);
  const month = new MonthTally();
  for await (const { day, byVolunteer } of countedDays(db, allDays)) {
    say(`points, ${day}`);
    await policies.lookUp([day]);
    const { body: policy } = policies.of(day);
    for (const [volunteer, checkIns] of byVolunteer) {
      if (volunteer === null) yield { subject: day, detail: 'a check-in of nobody counts' };
      const monthPoints = month.before(volunteer, day);
      const scored = scoreBesidesPauses(checkIns, pauses.get(volunteer ?? '') ?? [], (active) =>
        scoreDay(active, policy, { monthPoints }),
      );
      for (const { checkIn, outcome, points } of scored) {
        month.add(volunteer, day, points);
        if (checkIn.outcome === outcome && checkIn.points === points) continue;
        const { station, epoch, seq } = checkIn;
        const detail = `has ${checkIn.outcome}, ${checkIn.points}; the rules say ${outcome}, ${points}`;
        yield { subject: `${station}/${epoch}/${seq}`, detail };
      }
    }
  }
}

async function* wrongSums({ db }: Parameters<AuditCheck['run']>[0]) {
  const sums = db
    .selectFrom('transfer')
    .innerJoin('account', 'account.id', 'transfer.credit')
    .select('check_in_id')
    .select((eb) => [
      eb.fn
        .sum<number>(
          eb
            .case()
            .when('account.volunteer_id', 'is not', null)
            .then(eb.ref('amount'))
            .else(eb.neg(eb.ref('amount')))
            .end(),
        )
        .as('net'),
      eb.fn.countAll<number>().as('n'),
    ])
    .where('check_in_id', 'is not', null)
    .groupBy('check_in_id')
    .as('sums');
  const rows = await db
    .selectFrom('check_in')
    .leftJoin(sums, 'sums.check_in_id', 'check_in.journal_id')
    .select(['station', 'epoch', 'seq', 'points', 'transfers', 'net', 'n'])
    .where(({ eb, or, fn, ref, val }) =>
      or([
        eb('points', '<>', fn.coalesce(ref('net'), val(0))),
        eb('transfers', '<>', fn.coalesce(ref('n'), val(0))),
      ]),
    )
    .limit(rowsPerPage)
    .execute();
  for (const { station, epoch, seq, points, transfers, net, n } of rows) {
    const detail = `says ${points} in ${transfers}; its transfers are ${net ?? 0} in ${n ?? 0}`;
    yield { subject: `${station}/${epoch}/${seq}`, detail };
  }
}
