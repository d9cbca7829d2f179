import { noteAction, Refusal, refuseBlank } from '../app/registry.ts';
import { atOneMoment } from '../store/at-one-moment.ts';
import type { Store } from '../store/open-store.ts';
import { heldKinds } from './held.ts';

export interface ExportAsked {
  readonly volunteer: string;
  readonly by: string;
  /** Why, such as that the person asked for it. */
  readonly reason: string;
  readonly atMs: number;
  readonly timeZone: string;
}

export interface PersonExport {
  readonly volunteer: string;
  readonly exportedAt: string;
  /** What each of the members of `held` is. */
  readonly about: Readonly<Record<string, string>>;
  readonly held: Readonly<Record<string, unknown>>;
}

/**
 * All that is held on a person, as it stands at one moment. That it was exported is noted before it is given out.
 * @throws Refusal when the volunteer is unknown, or nobody says who or why
 */
export async function exportPerson(
  { db }: Pick<Store, 'db'>,
  { volunteer, by, reason, atMs, timeZone }: ExportAsked,
): Promise<PersonExport> {
  refuseBlank(reason, 'the reason');
  await db.transaction().execute(async (trx) => {
    const known = trx.selectFrom('volunteer').select('id').where('id', '=', volunteer);
    if (!(await known.executeTakeFirst())) throw new Refusal(`no volunteer ${volunteer}`);
    await noteAction(trx, by, 'privacy export', volunteer, { reason }, atMs);
  });
  const held = await atOneMoment(db, async (moment) => {
    const all: Record<string, unknown> = {};
    for (const { name, read } of heldKinds) {
      all[name] = await read({ db: moment, volunteer, timeZone });
    }
    return all;
  });
  const about = Object.fromEntries(heldKinds.map(({ name, what }) => [name, what]));
  return { volunteer, exportedAt: new Date(atMs).toISOString(), about, held };
}
