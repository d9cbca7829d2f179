import { volunteerAccount } from '../domain/ledger.ts';
import { isSamePerson } from '../domain/same-person.ts';
import type { AuditCheck } from './check.ts';

export const contributionChecks: readonly AuditCheck[] = [
  { claim: 'contributions are credited as two people decided, and no others', run: wrongCredits },
];

async function* wrongCredits({ db }: Parameters<AuditCheck['run']>[0]) {
  const transfers = await db
    .selectFrom('transfer')
    .select(['reference', 'credit', 'amount'])
    .where('code', '=', 'contribution')
    .where('check_in_id', 'is', null)
    .execute();
  const credited = new Map(transfers.map((transfer) => [transfer.reference, transfer]));
  const all = await db.selectFrom('contribution').selectAll().orderBy('id').execute();
  for (const { id, volunteer, points, decision, recorded_by, decided_by } of all) {
    const subject = `contribution/${id}`;
    const transfer = credited.get(subject);
    credited.delete(subject);
    const isOwn = transfer?.credit === volunteerAccount(volunteer);
    const wanted = decision === 'approved' ? points : 0;
    const found = transfer?.amount ?? 0;
    if (found !== wanted || (transfer && !isOwn)) {
      yield { subject, detail: `should be ${wanted}, and is ${found}` };
    }
    if (decided_by !== null && isSamePerson(recorded_by, decided_by)) {
      yield { subject, detail: `${decided_by} decided on what they had recorded` };
    }
  }
  for (const reference of credited.keys())
    yield { subject: reference, detail: 'nobody recorded it' };
}
