import { beginPause } from '../../app/pauses.ts';
import type { HeldKind } from '../held-kind.ts';

export const heldTeams: HeldKind = {
  name: 'teams',
  what: 'Teams, and pauses, each with its beginning and end. Memberships are erased; pauses stay under the anonymous number, since points were settled by them, and another begins.',
  read: async ({ db, volunteer }) => ({
    teams: await db
      .selectFrom('team_member')
      .innerJoin('team', 'team.id', 'team_id')
      .select(['name_zh as zh', 'name_en as en', 'name_ko as ko'])
      .select(['from_ms as fromMs', 'until_ms as untilMs'])
      .where('volunteer_id', '=', volunteer)
      .orderBy('team_member.id')
      .execute(),
    pauses: await db
      .selectFrom('volunteer_pause')
      .select(['from_ms as fromMs', 'until_ms as untilMs'])
      .select(['paused_by as pausedBy', 'resumed_by as resumedBy'])
      .where('volunteer_id', '=', volunteer)
      .orderBy('id')
      .execute(),
  }),
  erase: async ({ store, trx, volunteer, by, atMs }) => {
    await trx.deleteFrom('team_member').where('volunteer_id', '=', volunteer).execute();
    const paused = await trx
      .selectFrom('volunteer_pause')
      .select('id')
      .where('volunteer_id', '=', volunteer)
      .where('until_ms', 'is', null)
      .executeTakeFirst();
    if (!paused) await beginPause(store, trx, volunteer, { by, atMs });
  },
};
