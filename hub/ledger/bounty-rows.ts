import type { BountyCheckIn, BountyTransferred } from '../domain/bounty.ts';
import { issuedForBounties } from '../domain/ledger.ts';
import type { Trx } from '../store/schema.ts';
import { readReason, type TransferReason } from './transfer-reason.ts';

export interface BountyRow extends BountyCheckIn {
  /** Station, epoch, sequence. */
  readonly key: string;
  readonly stationName: string;
}

export type BountyReason = Extract<TransferReason, { rule: 'bounty' }>;

interface Span {
  readonly from: string;
  readonly to: string;
}

/** @param month YYYY-MM @returns bounds for its days; the last may be one that the calendar lacks. */
export const monthSpan = (month: string): Span => ({ from: `${month}-01`, to: `${month}-31` });

/** How many check-ins counted at each station; one without any is not among them. */
export async function visitsIn(trx: Trx, { from, to }: Span): Promise<Map<string, number>> {
  const rows = await trx
    .selectFrom('check_in')
    .select('station')
    .select(({ fn }) => fn.countAll<number>().as('visits'))
    .where('day', '>=', from)
    .where('day', '<=', to)
    .where('counts', '=', 1)
    .groupBy('station')
    .execute();
  return new Map(rows.map(({ station, visits }) => [station, Number(visits)]));
}

/** Credited check-ins at the stations that are asked for. */
export async function creditedAt(
  trx: Trx,
  { from, to }: Span,
  isAsked: (station: string) => boolean,
): Promise<BountyRow[]> {
  const stations = await trx.selectFrom('station').select(['id', 'name']).execute();
  const rows: BountyRow[] = [];
  for (const { id: station, name: stationName } of stations.filter(({ id }) => isAsked(id))) {
    const found = await trx
      .selectFrom('check_in')
      .select(['volunteer_id', 'epoch', 'seq', 'day', 'occurred_ms as occurredMs'])
      .where('day', '>=', from)
      .where('day', '<=', to)
      .where('station', '=', station)
      .where('counts', '=', 1)
      .where('outcome', '=', 'credited')
      .execute();
    for (const { volunteer_id: volunteer, ...row } of found) {
      const key = `${station}/${row.epoch}/${row.seq}`;
      if (volunteer !== null) rows.push({ ...row, key, volunteer, station, stationName });
    }
  }
  return rows;
}

/** What has been transferred so far for the bounties of a month, and what the latest reason for each says. */
export async function transferredFor(
  trx: Trx,
  month: string,
): Promise<(BountyTransferred & { reason: BountyReason })[]> {
  const rows = await trx
    .selectFrom('transfer')
    .select(['debit', 'credit', 'amount', 'reason'])
    .where('reference', '>=', `bounty/${month}/`)
    .where('reference', '<', `bounty/${month}0`) // the character behind the slash
    .orderBy('id')
    .execute();
  const found = new Map<string, BountyTransferred & { reason: BountyReason }>();
  for (const { debit, credit, amount, reason: text } of rows) {
    const isGiven = debit === issuedForBounties;
    const account = isGiven ? credit : debit;
    const reason = bountyReason(text);
    const { checkIn } = reason;
    const { net, count } = found.get(`${checkIn} ${account}`) ?? { net: 0, count: 0 };
    const sum = { net: net + (isGiven ? amount : -amount), count: count + 1 };
    found.set(`${checkIn} ${account}`, { checkIn, account, ...sum, reason });
  }
  return [...found.values()];
}

function bountyReason(text: string): BountyReason {
  const reason = readReason(text);
  if (reason.rule !== 'bounty') throw new Error(`a bounty was transferred by ${reason.rule}`);
  return reason;
}
