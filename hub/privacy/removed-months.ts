import type { Db } from '../store/schema.ts';

/** YYYY-MM, the last one included. */
export interface Months {
  readonly from: string;
  readonly to: string;
}

/** What erasures have removed of months of which the others' check-ins are still there. */
export interface ErasedCheckIns {
  readonly people: number;
  readonly months: readonly string[];
}

export interface RemovedMonths {
  /** Of these everybody's check-ins were removed, after their time. */
  readonly summed: readonly string[];
  readonly erased: ErasedCheckIns;
}

/** Of which months check-ins are gone, in the order of the months: everybody's, or those of who was erased. */
export async function removedMonths(db: Db, { from, to }: Months): Promise<RemovedMonths> {
  const rows = await db
    .selectFrom('retention_slice as slice')
    .innerJoin('retention_run as run', 'run.id', 'run_id')
    .select(['month', 'run.volunteer_id as person'])
    .distinct()
    .where('month', '>=', from)
    .where('month', '<=', to)
    .orderBy('month')
    .execute();
  const monthsOf = (some: typeof rows): string[] => [...new Set(some.map(({ month }) => month))];
  const summed = monthsOf(rows.filter(({ person }) => person === null));
  const erased = rows.filter(({ month }) => !summed.includes(month));
  const people = new Set(erased.map(({ person }) => person)).size;
  return { summed, erased: { people, months: monthsOf(erased) } };
}
