import { redeemedAccount, reservedAccount, volunteerAccount } from '../domain/ledger.ts';
import type { RedemptionState } from '../domain/reward.ts';
import { Outgoing } from '../feed/outgoing.ts';
import { postTransfer } from '../ledger/post-transfer.ts';
import type { TransferReason } from '../ledger/transfer-reason.ts';
import type { Trx } from '../store/schema.ts';

export type RedemptionStep = 'reserve' | 'hand-out' | 'cancel';

interface Redeemed {
  readonly id: number;
  readonly volunteer: string;
  readonly points: number;
}

/** What has been booked of a redemption in each state. */
export const stepsOf: Readonly<Record<RedemptionState, readonly RedemptionStep[]>> = {
  reserved: ['reserve'],
  'handed-out': ['reserve', 'hand-out'],
  cancelled: ['reserve', 'cancel'],
};

/** The transfer of one step: from the volunteer to what is reserved, and from there to what is redeemed or back. */
export function transferOf(step: RedemptionStep, { id, volunteer, points: amount }: Redeemed) {
  const own = volunteerAccount(volunteer);
  const accounts = {
    reserve: { debit: own, credit: reservedAccount },
    'hand-out': { debit: reservedAccount, credit: redeemedAccount },
    cancel: { debit: reservedAccount, credit: own },
  }[step];
  const code = `redemption-${step}` as const;
  return { reference: `redemption/${id}/${step}`, ...accounts, amount, code };
}

/**
 * Books one step, and tells the feed where it changes what the volunteer has.
 * @returns the volunteer's balance afterwards; undefined when it is not concerned
 * @throws Refusal when the volunteer has too few points
 */
export async function bookStep(
  trx: Trx,
  step: RedemptionStep,
  redeemed: Redeemed,
  {
    atMs,
    ...details
  }: Pick<ReasonDetails, 'reward' | 'name' | 'by'> & { atMs: number; text?: string },
): Promise<number | undefined> {
  const transfer = transferOf(step, redeemed);
  const { id: redemption, volunteer, points } = redeemed;
  const reason = reasonOf(step, { redemption, volunteer, points, ...details });
  const posting = { ...transfer, atMs, reason };
  // Nobody redeems what they do not have; what is reserved was theirs.
  const { debited, credited } = await postTransfer(trx, posting, { mayOwe: false });
  if (step === 'hand-out') return undefined;
  const [balance, change] = step === 'reserve' ? [debited, -points] : [credited, points];
  const outgoing = new Outgoing();
  // The reward by its number, and no reason: who follows the feed need not know what somebody wanted.
  outgoing.toFeed('points', atMs, {
    ...{ volunteer: { id: volunteer }, code: transfer.code, change, balance },
    reward: details.reward,
  });
  await outgoing.store(trx);
  return balance;
}

type ReasonDetails = Omit<Extract<TransferReason, { rule: 'redemption-reserve' }>, 'rule'>;

function reasonOf(
  step: RedemptionStep,
  { text, ...details }: ReasonDetails & { text?: string },
): TransferReason {
  switch (step) {
    case 'reserve':
      return { rule: 'redemption-reserve', ...details };
    case 'hand-out':
      return { rule: 'redemption-hand-out', ...details };
    case 'cancel':
      return { rule: 'redemption-cancel', ...details, text: text ?? '' };
  }
}
