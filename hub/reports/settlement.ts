import { z } from 'zod';
import type { Db } from '../store/schema.ts';
import type { ReportTable, Words } from './report.ts';

/** What moved points to or from volunteers, as the settlement names it. */
const movementWords: Readonly<Record<string, Words>> = {
  'check-in': { zh: '签到', en: 'check-ins', ko: '체크인' },
  'check-ins-summed': {
    zh: '签到(明细已删除)',
    en: 'check-ins, details removed',
    ko: '체크인(상세 삭제됨)',
  },
  'bounties-summed': {
    zh: '冷门驿站奖励(明细已删除)',
    en: 'bounties, details removed',
    ko: '방문 드문 쉼터 보너스(상세 삭제됨)',
  },
  correction: { zh: '人工更正', en: 'corrections by hand', ko: '수동 정정' },
  'check-in settled anew': {
    zh: '签到重新结算',
    en: 'check-ins settled anew',
    ko: '체크인 재정산',
  },
  contribution: { zh: '贡献', en: 'contributions', ko: '기여' },
  bounty: { zh: '冷门驿站奖励', en: 'bounties', ko: '방문 드문 쉼터 보너스' },
  'redemption-reserve': { zh: '兑换预留', en: 'set aside for rewards', ko: '교환 예약' },
  'redemption-cancel': {
    zh: '兑换取消退回',
    en: 'back from cancelled rewards',
    ko: '교환 취소 반환',
  },
  expiry: { zh: '过期', en: 'expired', ko: '만료' },
};

/** A kind that a later version brought is told as it is, so that the sum still ties. */
const wordsOf = (kind: string): Words => movementWords[kind] ?? { zh: kind, en: kind, ko: kind };

const sumsSchema = z.array(
  z.object({ kind: z.string(), given: z.coerce.number(), taken: z.coerce.number() }),
);
type Sums = z.infer<typeof sumsSchema>;

export interface Settlement extends ReportTable {
  /** Whether what was held before, and all that moved, comes to what the accounts hold. */
  readonly ties: boolean;
}

/**
 * What volunteers held before the period, what came and went by kind, and what they held after it. The
 * first is summed up from the transfers, the last is reckoned back from what the accounts hold now: so
 * the lines between tie the ledger to the balances.
 * @param span in milliseconds since 1970; transfers count by when they were booked
 */
export async function settlementTable(
  db: Db,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
): Promise<Settlement> {
  const opening = net(await moved(db, -Infinity, fromMs));
  const within = await moved(db, fromMs, untilMs);
  const closing = (await heldNow(db)) - net(await moved(db, untilMs, Infinity));
  return {
    id: 'settlement',
    title: { zh: '积分结算', en: 'Settlement', ko: '포인트 정산' },
    columns: [
      { zh: '项目', en: 'item', ko: '항목' },
      { zh: '增加', en: 'given', ko: '증가' },
      { zh: '减少', en: 'taken', ko: '감소' },
      { zh: '合计', en: 'total', ko: '합계' },
    ],
    rows: [
      [{ zh: '期初', en: 'held before', ko: '기초' }, null, null, opening],
      ...within.map(({ kind, given, taken }) => [wordsOf(kind), given, taken, given - taken]),
      [{ zh: '期末', en: 'held after', ko: '기말' }, null, null, closing],
    ],
    ties: opening + net(within) === closing,
  };
}

const net = (sums: Sums): number =>
  sums.reduce((total, { given, taken }) => total + given - taken, 0);

/** Points into and out of volunteers' accounts between two moments, by kind. */
async function moved(db: Db, fromMs: number, untilMs: number): Promise<Sums> {
  const rows = await db
    .selectFrom('transfer')
    .innerJoin('account', 'account.id', 'transfer.credit')
    // The code is the same for what a person corrects and for what a late check-in does.
    .select((eb) =>
      eb
        .case()
        .when(eb.and([eb('code', '=', 'correction'), eb('check_in_id', 'is not', null)]))
        .then('check-in settled anew')
        .else(eb.ref('code'))
        .end()
        .as('kind'),
    )
    .select(({ fn, val }) => [
      fn.coalesce(fn.sum('amount').filterWhere('volunteer_id', 'is not', null), val(0)).as('given'),
      fn.coalesce(fn.sum('amount').filterWhere('volunteer_id', 'is', null), val(0)).as('taken'),
    ])
    .$if(Number.isFinite(fromMs), (query) => query.where('at', '>=', fromMs))
    .$if(Number.isFinite(untilMs), (query) => query.where('at', '<', untilMs))
    // Between two accounts of the scheme nothing moves to or from volunteers.
    .where((eb) => eb.or([eb('debit', 'like', 'volunteer:%'), eb('credit', 'like', 'volunteer:%')]))
    .groupBy('kind')
    .orderBy('kind')
    .execute();
  return sumsSchema.parse(rows);
}

async function heldNow(db: Db): Promise<number> {
  const { held } = await db
    .selectFrom('account')
    .select(({ fn }) => fn.sum<number>('balance').as('held'))
    .where('volunteer_id', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(held ?? 0);
}
