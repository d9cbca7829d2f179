import { counted } from '../../shared/counted.ts';
import { Refusal } from '../app/registry.ts';
import type { Trx } from '../store/schema.ts';
import type { TransferReason } from './transfer-reason.ts';

/** A transfer between two accounts that is not about a check-in: those are settled by their day. */
export interface Posting {
  /** Unique: a second attempt at the same transfer fails instead of paying twice. */
  readonly reference: string;
  readonly debit: string;
  readonly credit: string;
  /** Points, positive. */
  readonly amount: number;
  readonly code: string;
  readonly atMs: number;
  readonly reason: TransferReason;
}

/**
 * Books a transfer and both balances in the caller's transaction.
 * @param mayOwe whether the debited account may go below zero, as only a scheme account and a correction may
 * @returns the balances of both accounts afterwards
 * @throws Refusal when the debited account does not hold so many points
 */
export async function postTransfer(
  trx: Trx,
  { reason, atMs, ...transfer }: Posting,
  { mayOwe }: { mayOwe: boolean },
): Promise<{ debited: number; credited: number }> {
  const { debit, credit, amount } = transfer;
  const row = { ...transfer, at: atMs, check_in_id: null, reason: JSON.stringify(reason) };
  await trx.insertInto('transfer').values(row).execute();
  const debited = await change(trx, debit, -amount);
  if (debited < 0 && !mayOwe) {
    throw new Refusal(
      `this takes ${counted(amount, 'point')}, and the account has ${Math.max(0, debited + amount)}`,
    );
  }
  return { debited, credited: await change(trx, credit, amount) };
}

async function change(trx: Trx, account: string, by: number): Promise<number> {
  const { balance } = await trx
    .updateTable('account')
    .set((eb) => ({ balance: eb('balance', '+', by) }))
    .where('id', '=', account)
    .returning('balance')
    .executeTakeFirstOrThrow();
  return balance;
}
