import { readReason } from '../ledger/transfer-reason.ts';
import type { AuditCheck } from './check.ts';
import { pages, rowsPerPage } from './pages.ts';

export const balanceChecks: readonly AuditCheck[] = [
  { claim: 'each balance is the sum of its transfers', run: wrongBalances },
  { claim: 'the sum over all accounts is zero', run: unevenSum },
  { claim: 'each transfer says by which rule it was made', run: unreadableReasons },
];

async function* wrongBalances({ db }: Parameters<AuditCheck['run']>[0]) {
  const folded = new Map<string, number>();
  const rows = await db
    .selectFrom('transfer')
    .select(['debit', 'credit'])
    .select(({ fn }) => fn.sum<number>('amount').as('points'))
    .groupBy(['debit', 'credit'])
    .execute();
  for (const { debit, credit, points } of rows) {
    folded.set(debit, (folded.get(debit) ?? 0) - Number(points));
    folded.set(credit, (folded.get(credit) ?? 0) + Number(points));
  }
  for (const { id, balance } of await db
    .selectFrom('account')
    .select(['id', 'balance'])
    .execute()) {
    const sum = folded.get(id) ?? 0;
    if (balance !== sum) yield { subject: id, detail: `says ${balance}; its transfers are ${sum}` };
    folded.delete(id);
  }
  for (const account of folded.keys()) yield { subject: account, detail: 'is no account' };
}

async function* unevenSum({ db }: Parameters<AuditCheck['run']>[0]) {
  const { sum } = await db
    .selectFrom('account')
    .select(({ fn }) => fn.sum<number>('balance').as('sum'))
    .executeTakeFirstOrThrow();
  if (Number(sum) !== 0) yield { subject: 'all accounts', detail: `come to ${sum}` };
}

async function* unreadableReasons({ db, say }: Parameters<AuditCheck['run']>[0]) {
  let seen = 0;
  const read = (after = 0) =>
    db
      .selectFrom('transfer')
      .select(['id', 'reference', 'reason'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(rowsPerPage)
      .execute();
  for await (const page of pages(read, ({ id }) => id)) {
    seen += page.length;
    say(`transfers, ${seen}`);
    for (const { reference, reason } of page) {
      if (!isReadable(reason)) yield { subject: reference, detail: 'its reason cannot be read' };
    }
  }
}

function isReadable(reason: string): boolean {
  try {
    readReason(reason);
    return true;
  } catch {
    return false; // not JSON, or of no rule that there is: which of the two is in the row itself
  }
}
