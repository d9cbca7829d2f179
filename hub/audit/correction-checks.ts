import { volunteerAccount } from '../domain/ledger.ts';
import { isSamePerson } from '../domain/same-person.ts';
import type { AuditCheck } from './check.ts';

export const correctionChecks: readonly AuditCheck[] = [
  {
    claim: 'corrections by hand are booked as people decided, and no others',
    run: wrongCorrections,
  },
];

async function* wrongCorrections({ db }: Parameters<AuditCheck['run']>[0]) {
  const corrections = await db.selectFrom('correction').selectAll().orderBy('id').execute();
  const transfers = await db
    .selectFrom('transfer')
    .select(['reference', 'debit', 'credit', 'amount'])
    .where('code', '=', 'correction')
    .where('check_in_id', 'is', null)
    .where('reference', 'not like', 'bounty/%')
    .execute();
  const booked = new Map(transfers.map((transfer) => [transfer.reference, transfer]));
  for (const { id, volunteer, points, decision, asked_by, decided_by } of corrections) {
    const subject = `correction/${id}`;
    const transfer = booked.get(subject);
    booked.delete(subject);
    const account = volunteerAccount(volunteer);
    const wanted = decision === 'approved' ? points : 0;
    const found = transfer ? (transfer.credit === account ? 1 : -1) * transfer.amount : 0;
    if (found !== wanted) yield { subject, detail: `should be ${wanted}, and is ${found}` };
    if (decided_by !== null && decision === 'refused' && isSamePerson(asked_by, decided_by)) {
      yield { subject, detail: `${decided_by} decided on what they had asked for` };
    }
  }
  for (const reference of booked.keys()) {
    yield { subject: reference, detail: 'nobody asked for it' };
  }
}
