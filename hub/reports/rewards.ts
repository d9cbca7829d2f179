import { contributionNames } from '../domain/contribution-kinds.ts';
import type { Db } from '../store/schema.ts';
import type { Period } from './period.ts';
import type { ReportTable } from './report.ts';

/** What was redeemed in the period, and what became of it. */
export async function rewardsTable(db: Db, { from, to }: Period): Promise<ReportTable> {
  const rows = await db
    .selectFrom('redemption')
    .innerJoin('reward', 'reward.id', 'redemption.reward')
    .select(['reward.id', 'name_zh as zh', 'name_en as en', 'name_ko as ko', 'stock'])
    .select(({ fn }) => [
      fn.countAll<number>().as('reserved'),
      fn.count<number>('redemption.id').filterWhere('state', '=', 'handed-out').as('handedOut'),
      fn.count<number>('redemption.id').filterWhere('state', '=', 'cancelled').as('cancelled'),
      fn.sum<number>('points').filterWhere('state', '<>', 'cancelled').as('points'),
    ])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .groupBy(['reward.id', 'name_zh', 'name_en', 'name_ko', 'stock'])
    .orderBy('reserved', 'desc')
    .orderBy('reward.id')
    .execute();
  return {
    id: 'rewards',
    title: { zh: '积分兑换', en: 'Rewards', ko: '포인트 교환' },
    columns: [
      { zh: '奖品', en: 'reward', ko: '상품' },
      { zh: '兑换次数', en: 'redeemed', ko: '교환' },
      { zh: '已领取', en: 'handed out', ko: '전달' },
      { zh: '已取消', en: 'cancelled', ko: '취소' },
      { zh: '积分', en: 'points', ko: '포인트' },
      { zh: '现有库存', en: 'in stock now', ko: '현재 재고' },
    ],
    rows: rows.map(({ zh, en, ko, reserved, handedOut, cancelled, points, stock }) => [
      ...[{ zh, en, ko }, Number(reserved), Number(handedOut), Number(cancelled)],
      ...[Number(points ?? 0), stock],
    ]),
    chart: { kind: 'bars', label: 0, value: 1 },
  };
}

/** Contributions of the period by kind, as far as somebody has decided on them. */
export async function contributionsTable(db: Db, { from, to }: Period): Promise<ReportTable> {
  const rows = await db
    .selectFrom('contribution')
    .select('kind')
    .select(({ fn }) => [
      fn.count<number>('id').filterWhere('decision', '=', 'approved').as('approved'),
      fn.count<number>('id').filterWhere('decision', '=', 'refused').as('refused'),
      fn.count<number>('id').filterWhere('decision', 'is', null).as('waiting'),
      fn.sum<number>('points').filterWhere('decision', '=', 'approved').as('points'),
    ])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .groupBy('kind')
    .orderBy('approved', 'desc')
    .orderBy('kind')
    .execute();
  return {
    id: 'contributions',
    title: { zh: '贡献', en: 'Contributions by kind', ko: '종류별 기여' },
    columns: [
      { zh: '类别', en: 'kind', ko: '종류' },
      { zh: '已通过', en: 'approved', ko: '승인' },
      { zh: '未通过', en: 'refused', ko: '거절' },
      { zh: '待审核', en: 'waiting', ko: '대기' },
      { zh: '积分', en: 'points', ko: '포인트' },
    ],
    rows: rows.map(({ kind, approved, refused, waiting, points }) => [
      contributionNames[kind] ?? kind,
      ...[Number(approved), Number(refused), Number(waiting), Number(points ?? 0)],
    ]),
    chart: { kind: 'bars', label: 0, value: 4 },
  };
}
