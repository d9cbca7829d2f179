import { z } from 'zod';
import { counted } from '../../shared/counted.ts';
import { noteAction, Refusal, refuseBlank } from '../app/registry.ts';
import { findSuspicions, type SuspicionKind, suspicionKinds } from '../domain/suspicion.ts';
import { atOneMoment } from '../store/at-one-moment.ts';
import type { Store } from '../store/open-store.ts';
import type { Db } from '../store/schema.ts';

const rowSchema = z.object({
  id: z.int(),
  kind: z.enum(suspicionKinds),
  volunteers: z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text))),
  checkIns: z.string().transform((text) => z.array(z.int()).parse(JSON.parse(text))),
  figures: z.string().transform((text) => z.record(z.string(), z.number()).parse(JSON.parse(text))),
  foundMs: z.int(),
  decision: z.enum(['confirmed', 'dismissed']).nullable(),
  decidedBy: z.string().nullable(),
  note: z.string().nullable(),
});
export type KeptSuspicion = z.infer<typeof rowSchema>;

/**
 * Looks through the check-ins of some days for what a person should look at, and keeps what is new. What
 * was found before is neither kept twice nor opened again.
 * @param span local dates, both included
 * @returns how many are new, by kind
 */
export async function lookForFraud(
  { db }: Pick<Store, 'db'>,
  span: { from: string; to: string },
  { by, atMs }: { by: string; atMs: number },
  say: (text: string) => void = () => {},
): Promise<Partial<Record<SuspicionKind, number>>> {
  // Reading and reckoning take a while, and hold up nobody: the lock is for the writing alone.
  const { seen, positions } = await atOneMoment(db, (moment) => readDays(moment, span));
  say(`${counted(seen.length, 'check-in')}, looking`);
  const found = findSuspicions(seen, positions);
  say(`${counted(found.length, 'finding')}, of which some may be known`);
  return db.transaction().execute(async (trx) => {
    const fresh: Partial<Record<SuspicionKind, number>> = {};
    for (const { kind, key, volunteers, checkIns, figures } of found) {
      const row = { volunteers, check_ins: checkIns, figures };
      const texts = Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, JSON.stringify(value)]),
      ) as Record<keyof typeof row, string>;
      const { numInsertedOrUpdatedRows } = await trx
        .insertInto('suspicion')
        .values({ kind, key, ...texts, found_ms: atMs })
        .onConflict((conflict) => conflict.column('key').doNothing())
        .executeTakeFirst();
      if (Number(numInsertedOrUpdatedRows) > 0) fresh[kind] = (fresh[kind] ?? 0) + 1;
    }
    await noteAction(trx, by, 'fraud look', `${span.from}/${span.to}`, fresh, atMs);
    return fresh;
  });
}

/** Oldest first. @param all also those that somebody has decided on */
export async function listSuspicions(
  { db }: Pick<Store, 'db'>,
  { all = false }: { all?: boolean | undefined },
): Promise<KeptSuspicion[]> {
  const rows = await db
    .selectFrom('suspicion')
    .select(['id', 'kind', 'volunteers', 'check_ins as checkIns', 'figures'])
    .select(['found_ms as foundMs', 'decision', 'decided_by as decidedBy', 'note'])
    .$if(!all, (query) => query.where('decision', 'is', null))
    .orderBy('id')
    .execute();
  return z.array(rowSchema).parse(rows);
}

/** One with its evidence: each check-in, where and when. @throws Refusal when there is none */
export async function showSuspicion({ db }: Pick<Store, 'db'>, id: number) {
  const all = await listSuspicions({ db }, { all: true });
  const suspicion = all.find((one) => one.id === id);
  if (!suspicion) throw new Refusal(`there is no suspicion ${id}`);
  const evidence = await db
    .selectFrom('check_in')
    .innerJoin('station', 'station.id', 'check_in.station')
    .leftJoin('volunteer', 'volunteer.id', 'check_in.volunteer_id')
    .select(['journal_id as checkIn', 'station.name as station', 'volunteer.name as volunteer'])
    .select(['occurred_ms as occurredMs', 'outcome', 'points', 'review'])
    .where('journal_id', 'in', suspicion.checkIns)
    .orderBy('occurred_ms')
    .execute();
  return { ...suspicion, evidence };
}

/**
 * Says what a person made of it. That alone changes nobody's points: a check-in is voided apart.
 * @throws Refusal when there is none that waits, or nobody says why
 */
export async function decideSuspicion(
  { db }: Pick<Store, 'db'>,
  id: number,
  {
    decision,
    by,
    note,
    atMs,
  }: {
    decision: 'confirmed' | 'dismissed';
    by: string;
    note: string;
    atMs: number;
  },
): Promise<void> {
  refuseBlank(note, 'the reason');
  await db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('suspicion')
      .set({ decision, decided_by: by, decided_ms: atMs, note })
      .where('id', '=', id)
      .where('decision', 'is', null)
      .executeTakeFirst();
    if (Number(numUpdatedRows) === 0) throw new Refusal(`suspicion ${id} waits for nobody`);
    await noteAction(trx, by, `fraud ${decision}`, String(id), { note }, atMs);
  });
}

async function readDays(db: Db, { from, to }: { from: string; to: string }) {
  const rows = await db
    .selectFrom('check_in')
    .innerJoin('journal', 'journal.id', 'check_in.journal_id')
    .select(['check_in.journal_id as id', 'volunteer_id', 'card', 'station'])
    .select('check_in.occurred_ms as occurredMs')
    .where('day', '>=', from)
    .where('day', '<=', to)
    .where('volunteer_id', 'is not', null)
    // A time that is only known within bounds proves nothing.
    .where('journal.dated_by', '<>', 'bounds')
    .execute();
  const seen = rows.flatMap(({ volunteer_id, ...row }) =>
    volunteer_id === null ? [] : [{ ...row, volunteer: volunteer_id }],
  );
  const placed = await db.selectFrom('station_position').selectAll().execute();
  const positions = new Map(placed.map(({ station, ...position }) => [station, position]));
  return { seen, positions };
}
