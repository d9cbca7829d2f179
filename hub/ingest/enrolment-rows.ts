import type { Selectable } from 'kysely';
import type { Schema } from '../store/schema.ts';
import type { CommitWork } from './commit-work.ts';

/** A card that is tapped in the last moment is still on its way to the hub then. */
export const enrolmentGraceMs = 5_000;

export type EnrolmentRow = Selectable<Schema['enrolment']>;

/** @returns the enrolment that waits for a card at this station under this request, or undefined. */
export function openEnrolment(
  { trx, nowMs }: Pick<CommitWork, 'trx' | 'nowMs'>,
  station: string,
  request: string,
): Promise<EnrolmentRow | undefined> {
  return trx
    .selectFrom('enrolment')
    .selectAll()
    .where('request', '=', request)
    .where('station', '=', station)
    .where('ended_ms', 'is', null)
    .where('until_ms', '>=', nowMs - enrolmentGraceMs)
    .executeTakeFirst();
}

/** @returns whether a check-in is a reading of a card for an enrolment. */
export async function isEnrolmentRead(
  { trx }: Pick<CommitWork, 'trx'>,
  journalId: number,
): Promise<boolean> {
  const row = await trx
    .selectFrom('enrolment_read')
    .select('journal_id')
    .where('journal_id', '=', journalId)
    .executeTakeFirst();
  return row !== undefined;
}
