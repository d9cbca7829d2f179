import { issueCard, retireCard } from './card-changes.ts';
import type { CommitWork } from './commit-work.ts';
import { type EnrolmentRow, openEnrolment } from './enrolment-rows.ts';
import { proofsOf } from './sun-readings.ts';

export interface EnrolmentReading {
  readonly station: string;
  readonly request: string;
  readonly card: string;
  readonly journalId: number;
}

/** What became of a reading: no reading for an enrolment, the first of two, or the one that made the card somebody's. */
export type ReadingResult = 'none' | 'read' | 'enrolled';

/**
 * A card was tapped where an operator waits for one. The next card that is nobody's and comes twice
 * alike is the volunteer's; a different one in between begins anew, so that neither a misread number nor
 * one that is another each time becomes anybody's. A card that somebody has is a check-in like any other.
 */
export async function takeReading(
  work: CommitWork,
  { station, request, card, journalId }: EnrolmentReading,
): Promise<ReadingResult> {
  const enrolment = await openEnrolment(work, station, request);
  if (enrolment === undefined) return 'none';
  const [owner] = await work.statements.owners([{ card }]);
  if (owner !== undefined && owner.status !== 'returned') {
    await noteOn(work, enrolment, { refused: owner.id });
    return 'none';
  }
  // What a card says that proves nothing is no card to give to anybody.
  if ((await proofsOf(work, [journalId])).get(journalId)?.fault) return 'none';
  const { id } = enrolment;
  const reading = { journal_id: journalId, enrolment_id: id };
  await work.trx.insertInto('enrolment_read').values(reading).execute();
  if (enrolment.read !== card) {
    await noteOn(work, enrolment, { read: card, refused: null });
    return 'read';
  }
  await noteOn(work, enrolment, { ended_ms: work.nowMs, result: 'enrolled', refused: null });
  await enrolled(work, enrolment, card);
  return 'enrolled';
}

async function enrolled(work: CommitWork, enrolment: EnrolmentRow, card: string): Promise<void> {
  const { by, replaces, volunteer_id: volunteer } = enrolment;
  // Between the asking and the tap somebody may have said something else of it: that stands then.
  if (replaces !== null) await retireCard(work, { token: replaces, volunteer }, { by });
  await issueCard(work, { volunteer, token: card }, { by }, 'card enrol');
}

async function noteOn(
  { trx }: CommitWork,
  { id }: EnrolmentRow,
  noted: Partial<Pick<EnrolmentRow, 'read' | 'refused' | 'ended_ms' | 'result'>>,
): Promise<void> {
  await trx.updateTable('enrolment').set(noted).where('id', '=', id).execute();
}
