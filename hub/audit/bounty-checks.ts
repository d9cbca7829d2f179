import { z } from 'zod';
import { issuedForBounties } from '../domain/ledger.ts';
import type { AuditCheck } from './check.ts';

export const bountyChecks: readonly AuditCheck[] = [
  { claim: 'the bounties of each month come to what they were settled at last', run: wrongMonths },
];

const detailSchema = z.looseObject({ points: z.int() });
const monthIn = /^bounty\/(\d{4}-\d{2})\//;

async function* wrongMonths({ db }: Parameters<AuditCheck['run']>[0]) {
  const settled = new Map<string, number>();
  const actions = await db
    .selectFrom('operator_action')
    .select(['subject', 'detail'])
    .where('action', '=', 'policy bounty')
    .orderBy('id')
    .execute();
  for (const { subject, detail } of actions) {
    settled.set(subject, detailSchema.parse(JSON.parse(detail)).points);
  }
  const transferred = new Map<string, number>();
  const rows = await db
    .selectFrom('transfer')
    .select(['reference', 'debit', 'amount'])
    .where((eb) =>
      eb.or([eb('debit', '=', issuedForBounties), eb('credit', '=', issuedForBounties)]),
    )
    .where('check_in_id', 'is', null)
    .execute();
  for (const { reference, debit, amount } of rows) {
    const month = monthIn.exec(reference)?.[1] ?? reference;
    const points = debit === issuedForBounties ? amount : -amount;
    transferred.set(month, (transferred.get(month) ?? 0) + points);
  }
  for (const month of new Set([...settled.keys(), ...transferred.keys()])) {
    const [wanted, found] = [settled.get(month) ?? 0, transferred.get(month) ?? 0];
    if (wanted !== found) {
      yield { subject: month, detail: `was settled at ${wanted}; its transfers are ${found}` };
    }
  }
}
