import { Refusal } from '../app/registry.ts';
import type { Store } from '../store/open-store.ts';

/** Shown unless more are asked for. */
export const redemptionsDefault = 100;

export interface RedemptionFilter {
  /** Only those that wait to be picked up. */
  readonly open?: boolean | undefined;
  readonly volunteer?: string | undefined;
  readonly limit?: number | undefined;
}

/**
 * Redemptions, newest first. Their pick-up codes are the volunteers' and in no list.
 * @returns at most `limit` of them, and whether there are more
 * @throws Refusal when the volunteer is unknown
 */
export async function listRedemptions(
  { db }: Pick<Store, 'db'>,
  { open = false, volunteer, limit = redemptionsDefault }: RedemptionFilter = {},
) {
  if (volunteer !== undefined) {
    const known = db.selectFrom('volunteer').select('id').where('id', '=', volunteer);
    if (!(await known.executeTakeFirst())) throw new Refusal(`no volunteer ${volunteer}`);
  }
  let query = db
    .selectFrom('redemption')
    .innerJoin('reward', 'reward.id', 'redemption.reward')
    .innerJoin('volunteer', 'volunteer.id', 'redemption.volunteer')
    .select(['redemption.id', 'redemption.state', 'redemption.points', 'redemption.day'])
    .select(['redemption.reward', 'name_zh', 'name_en', 'name_ko'])
    .select(['redemption.volunteer', 'volunteer.name as volunteerName'])
    .select(['reserved_by as reservedBy', 'reserved_ms', 'closed_by as closedBy', 'closed_ms'])
    .select('redemption.reason')
    .orderBy('redemption.id', 'desc')
    .limit(limit + 1);
  if (open) query = query.where('state', '=', 'reserved');
  if (volunteer !== undefined) query = query.where('redemption.volunteer', '=', volunteer);
  const rows = await query.execute();
  const redemptions = rows
    .slice(0, limit)
    .map(({ name_zh: zh, name_en: en, name_ko: ko, reserved_ms, closed_ms, ...row }) => ({
      ...{ ...row, name: { zh, en, ko }, reserved: new Date(reserved_ms).toISOString() },
      closed: closed_ms === null ? null : new Date(closed_ms).toISOString(),
    }));
  return { redemptions, isAll: rows.length <= limit };
}
