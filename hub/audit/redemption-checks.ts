import { redeemedAccount, reservedAccount } from '../domain/ledger.ts';
import { type RedemptionStep, stepsOf, transferOf } from '../rewards/book-redemption.ts';
import type { AuditCheck } from './check.ts';
import { pages, rowsPerPage } from './pages.ts';

export const redemptionChecks: readonly AuditCheck[] = [
  { claim: 'redemptions are booked as far as they have come, and no others', run: wrongBookings },
  {
    claim: 'the stock of each reward is what was stocked less what was redeemed',
    run: wrongStocks,
  },
  {
    claim: 'what is reserved and redeemed is the points of those redemptions',
    run: wrongAccounts,
  },
];

const codes = (['reserve', 'hand-out', 'cancel'] satisfies RedemptionStep[]).map(
  (step) => `redemption-${step}`,
);
const accounts = [reservedAccount, redeemedAccount];

async function* wrongBookings({ db, say }: Parameters<AuditCheck['run']>[0]) {
  const transfers = await db
    .selectFrom('transfer')
    .select(['reference', 'debit', 'credit', 'amount', 'code'])
    .where((eb) =>
      eb.or([eb('code', 'in', codes), eb('debit', 'in', accounts), eb('credit', 'in', accounts)]),
    )
    .execute();
  const booked = new Map(transfers.map((transfer) => [transfer.reference, transfer]));
  let seen = 0;
  const read = (after = 0) =>
    db
      .selectFrom('redemption')
      .select(['id', 'volunteer', 'points', 'state'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(rowsPerPage)
      .execute();
  for await (const page of pages(read, ({ id }) => id)) {
    seen += page.length;
    say(`redemptions, ${seen}`);
    for (const redemption of page) {
      for (const step of stepsOf[redemption.state]) {
        const wanted = transferOf(step, redemption);
        const found = booked.get(wanted.reference);
        booked.delete(wanted.reference);
        if (!found) yield { subject: wanted.reference, detail: 'is not booked' };
        else if (JSON.stringify(pick(found)) !== JSON.stringify(pick(wanted))) {
          const detail = `should be ${sentence(wanted)}, and is ${sentence(found)}`;
          yield { subject: wanted.reference, detail };
        }
      }
    }
  }
  for (const reference of booked.keys()) {
    yield { subject: reference, detail: 'no redemption has come so far' };
  }
}

interface Booked {
  readonly debit: string;
  readonly credit: string;
  readonly amount: number;
  readonly code: string;
}

const pick = ({ debit, credit, amount, code }: Booked): Booked => ({
  ...{ debit, credit, amount, code },
});
const sentence = ({ debit, credit, amount, code }: Booked): string =>
  `${amount} from ${debit} to ${credit} as ${code}`;

async function* wrongStocks({ db }: Parameters<AuditCheck['run']>[0]) {
  const rewards = await db
    .selectFrom('reward')
    .select(['id', 'stock'])
    .select((eb) => [
      eb
        .selectFrom('reward_stocking')
        .whereRef('reward_stocking.reward', '=', 'reward.id')
        .select(({ fn }) => fn.sum<number>('pieces').as('sum'))
        .as('stocked'),
      eb
        .selectFrom('redemption')
        .whereRef('redemption.reward', '=', 'reward.id')
        .where('state', '<>', 'cancelled')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .as('taken'),
    ])
    .orderBy('id')
    .execute();
  for (const { id, stock, stocked, taken } of rewards) {
    const wanted = Number(stocked) - Number(taken);
    if (stock === wanted) continue;
    const detail = `says ${stock}; ${Number(stocked)} stocked less ${Number(taken)} redeemed is ${wanted}`;
    yield { subject: `reward/${id}`, detail };
  }
}

async function* wrongAccounts({ db }: Parameters<AuditCheck['run']>[0]) {
  const sums = await db
    .selectFrom('redemption')
    .select('state')
    .select(({ fn }) => fn.sum<number>('points').as('points'))
    .groupBy('state')
    .execute();
  const pointsOf = new Map(sums.map(({ state, points }) => [state, Number(points)]));
  for (const [account, state] of [
    [reservedAccount, 'reserved'],
    [redeemedAccount, 'handed-out'],
  ] as const) {
    const row = await db
      .selectFrom('account')
      .select('balance')
      .where('id', '=', account)
      .executeTakeFirst();
    const wanted = pointsOf.get(state) ?? 0;
    if (row?.balance === wanted) continue;
    const detail = `says ${row?.balance ?? 'nothing'}; what is ${state} comes to ${wanted}`;
    yield { subject: account, detail };
  }
}
