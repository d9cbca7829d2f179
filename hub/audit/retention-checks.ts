import { counted } from '../../shared/counted.ts';
import { issuedForBounties, issuedForCheckIns, volunteerAccount } from '../domain/ledger.ts';
import type { Db } from '../store/schema.ts';
import type { AuditCheck } from './check.ts';
import { pages, rowsPerPage } from './pages.ts';

export const retentionChecks: readonly AuditCheck[] = [
  { claim: 'entries are emptied as the retention runs say, and no others', run: wrongEntries },
  {
    claim: 'where check-ins were removed stands what they came to, and nothing else',
    run: wrongSums,
  },
  { claim: 'each transfer for a check-in has its check-in', run: transfersOfNothing },
];

const sliceName = ({ run_id, volunteer_id, month }: Slice): string =>
  `retention run ${run_id}, ${volunteer_id ?? 'cards of nobody'}, ${month}`;

interface Slice {
  readonly run_id: number;
  readonly volunteer_id: string | null;
  readonly month: string;
}

async function* wrongEntries({ db }: Parameters<AuditCheck['run']>[0]) {
  const rows = await db
    .selectFrom('retention_slice as slice')
    .leftJoin(
      (eb) =>
        eb
          .selectFrom('journal')
          .select('emptied_by')
          .select(({ fn }) => fn.countAll<number>().as('entries'))
          .where('emptied_by', 'is not', null)
          .where('type', '=', 'check-in')
          .groupBy('emptied_by')
          .as('emptied'),
      (join) => join.onRef('emptied_by', '=', 'slice.id'),
    )
    .select(['run_id', 'volunteer_id', 'month', 'check_ins', 'entries'])
    .execute();
  for (const { check_ins, entries, ...slice } of rows) {
    if (Number(entries) === check_ins) continue;
    const detail = `says ${counted(check_ins, 'check-in')}, and emptied ${counted(Number(entries), 'entry', 'entries')}`;
    yield { subject: sliceName(slice), detail };
  }
  const others = await db
    .selectFrom('journal')
    .select('id')
    .where('emptied_by', 'is not', null)
    .where('type', '<>', 'check-in')
    .limit(rowsPerPage)
    .execute();
  for (const { id } of others) yield { subject: `entry ${id}`, detail: 'is no check-in' };
  const messages = await db
    .selectFrom('sun_reading')
    .innerJoin('journal', 'journal.id', 'journal_id')
    .select('journal_id')
    .where('emptied_by', 'is not', null)
    .limit(rowsPerPage)
    .execute();
  for (const { journal_id } of messages) {
    yield { subject: `entry ${journal_id}`, detail: 'is emptied, and what its card wrote is kept' };
  }
}

const inReference = /^(?:check-ins|bounty\/.+\/summed)\/(\d+)\//;

async function* wrongSums({ db }: Parameters<AuditCheck['run']>[0]) {
  const found = await summed(db);
  const slices = await db.selectFrom('retention_slice').selectAll().orderBy('id').execute();
  for (const { id, points, bounties, ...slice } of slices) {
    const account = volunteerAccount(slice.volunteer_id ?? '');
    const wanted = new Map([
      [`${id} ${issuedForCheckIns} ${account}`, points],
      [`${id} ${issuedForBounties} ${account}`, bounties],
    ]);
    for (const [key, says] of wanted) {
      const comesTo = found.get(key) ?? 0;
      found.delete(key);
      if (comesTo === says) continue;
      const detail = `says ${counted(says, 'point')}; its transfers are ${comesTo}`;
      yield { subject: sliceName(slice), detail };
    }
  }
  for (const key of found.keys()) yield { subject: key, detail: 'no retention run has made it' };
}

/** What sums come to, by slice, source and account. */
async function summed(db: Db): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const read = (after = 0) =>
    db
      .selectFrom('transfer')
      .select(['id', 'reference', 'debit', 'credit', 'amount', 'code'])
      .where('code', 'in', ['check-ins-summed', 'bounties-summed'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(rowsPerPage)
      .execute();
  for await (const page of pages(read, ({ id }) => id)) {
    for (const { reference, debit, credit, amount, code } of page) {
      const issued = code === 'bounties-summed' ? issuedForBounties : issuedForCheckIns;
      const slice = inReference.exec(reference)?.[1] ?? reference;
      const [account, points] = debit === issued ? [credit, amount] : [debit, -amount];
      const source = debit === issued || credit === issued ? issued : `${debit} ${credit}`;
      const key = `${slice} ${source} ${account}`;
      found.set(key, (found.get(key) ?? 0) + points);
    }
  }
  return found;
}

async function* transfersOfNothing({ db }: Parameters<AuditCheck['run']>[0]) {
  const rows = await db
    .selectFrom('transfer')
    .leftJoin('check_in', 'check_in.journal_id', 'transfer.check_in_id')
    .select('reference')
    .where('check_in_id', 'is not', null)
    .where('check_in.journal_id', 'is', null)
    .limit(rowsPerPage)
    .execute();
  for (const { reference } of rows) yield { subject: reference, detail: 'has none' };
}
