import type { Selectable } from 'kysely';
import type { Schema } from '../store/schema.ts';
import type { CommitWork } from './commit-work.ts';

/** A card that is tapped in the last moment is still on its way to the hub then. */
export const enrolmentGraceMs = 5_000;

export type EnrolmentRow = Selectable<Schema['enrolment']>;

/**
 * @returns the enrolment that waits for a card at this station under this request, or undefined; nobody
 * waits for one of a person who was erased.
 */
export function openEnrolment(
  { trx, nowMs }: Pick<CommitWork, 'trx' | 'nowMs'>,
  station: string,
  request: string,
): Promise<EnrolmentRow | undefined> {
  return trx
    .selectFrom('enrolment')
    .innerJoin('volunteer', 'volunteer.id', 'volunteer_id')
    .selectAll('enrolment')
    .where('erased_ms', 'is', null)
    .where('request', '=', request)
    .where('station', '=', station)
    .where('ended_ms', 'is', null)
    .where('until_ms', '>=', nowMs - enrolmentGraceMs)
    .executeTakeFirst();
}

/** @returns which of these check-ins are readings of a card for an enrolment. */
export async function enrolmentReadsOf(
  { statements }: Pick<CommitWork, 'statements'>,
  journalIds: readonly number[],
): Promise<ReadonlySet<number>> {
  const rows = await statements.enrolmentReadsOf(journalIds.map((journal_id) => ({ journal_id })));
  return new Set(rows.map(({ journal_id }) => journal_id));
}
