import type { Store } from '../store/open-store.ts';
import { Refusal } from './registry.ts';

/** One step of an alarm's life. */
export interface AlarmHistoryLine {
  /** When it happened. */
  readonly at: string;
  readonly event: string;
  readonly by: string | null;
  readonly detail: string | null;
}

/** @returns every step of an alarm, in the order in which the hub learnt of them. @throws Refusal when there is no such alarm */
export async function alarmHistory(
  { db }: Pick<Store, 'db'>,
  id: number,
): Promise<AlarmHistoryLine[]> {
  const rows = await db
    .selectFrom('alarm_event')
    .select(['at', 'event', 'by', 'detail'])
    .where('alarm_id', '=', id)
    .orderBy('id')
    .execute();
  if (rows.length === 0) throw new Refusal(`there is no alarm ${id}`);
  return rows.map((row) => ({ ...row, at: new Date(row.at).toISOString() }));
}
