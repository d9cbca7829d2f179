import { issuedForCheckIns, volunteerAccount } from '../domain/ledger.ts';
import type { AuditCheck } from './audit.ts';
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
    const detail = `says ${check_ins} check-ins, and emptied ${Number(entries)} entries`;
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
}

const inReference = /^check-ins\/(\d+)\//;

async function* wrongSums({ db }: Parameters<AuditCheck['run']>[0]) {
  const found = new Map<number, { accounts: Set<string>; points: number }>();
  const read = (after = 0) =>
    db
      .selectFrom('transfer')
      .select(['id', 'reference', 'debit', 'credit', 'amount'])
      .where('code', '=', 'check-ins-summed')
      .where('id', '>', after)
      .orderBy('id')
      .limit(rowsPerPage)
      .execute();
  for await (const page of pages(read, ({ id }) => id)) {
    for (const { reference, debit, credit, amount } of page) {
      const slice = Number(inReference.exec(reference)?.[1] ?? 0);
      const sum = found.get(slice) ?? { accounts: new Set(), points: 0 };
      const isGiven = debit === issuedForCheckIns;
      sum.accounts.add(debit).add(credit);
      sum.points += isGiven ? amount : -amount;
      found.set(slice, sum);
    }
  }
  const slices = await db.selectFrom('retention_slice').selectAll().orderBy('id').execute();
  for (const { id, points, ...slice } of slices) {
    const sum = found.get(id);
    found.delete(id);
    const account = volunteerAccount(slice.volunteer_id ?? '');
    const others = [...(sum?.accounts ?? [])].filter(
      (one) => one !== account && one !== issuedForCheckIns,
    );
    if ((sum?.points ?? 0) !== points || others.length > 0) {
      const detail = `says ${points} points; its transfers are ${sum?.points ?? 0}`;
      yield { subject: sliceName(slice), detail };
    }
  }
  for (const id of found.keys()) {
    yield { subject: `check-ins/${id}`, detail: 'no retention run has made it' };
  }
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
