import type { HeldKind } from '../held-kind.ts';

/** Stands where the name stood: lists show it like any other. */
export const erasedName = '(erased)';

export const heldPerson: HeldKind = {
  name: 'person',
  what: 'Name, what the feed may say instead, the number in other lists, language and roles. Erased; an anonymous row stays for the sums.',
  read: async ({ db, volunteer }) => {
    const row = await db
      .selectFrom('volunteer')
      .select(['id', 'name', 'display_name as displayName', 'external_id as externalId'])
      .select(['language', 'created_at as addedMs', 'erased_ms as erasedMs'])
      .where('id', '=', volunteer)
      .executeTakeFirstOrThrow();
    const roles = await db
      .selectFrom('volunteer_role')
      .select('role')
      .where('volunteer_id', '=', volunteer)
      .orderBy('role')
      .execute();
    return { ...row, roles: roles.map(({ role }) => role) };
  },
  erase: async ({ trx, volunteer, atMs }) => {
    await trx.deleteFrom('volunteer_role').where('volunteer_id', '=', volunteer).execute();
    const nobody = { name: erasedName, display_name: null, external_id: null } as const;
    await trx
      .updateTable('volunteer')
      .set({ ...nobody, language: 'zh', erased_ms: atMs })
      .where('id', '=', volunteer)
      .execute();
  },
};
