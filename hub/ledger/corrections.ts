import { refuseStranger } from '../app/known-volunteer.ts';
import { noteAction, Refusal, refuseBlank } from '../app/registry.ts';
import { correctionsAccount, volunteerAccount } from '../domain/ledger.ts';
import { isSamePerson } from '../domain/same-person.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';
import { postTransfer } from './post-transfer.ts';

/** More in one correction is a slip of the hand. */
const correctionPointsMax = 1_000_000;
const dayMs = 86_400_000;

export interface CorrectionAsked {
  readonly volunteer: string;
  /** Positive to the volunteer, negative from them; a balance may go below zero by it, and is then owed. */
  readonly points: number;
  readonly reason: string;
  readonly by: string;
  readonly atMs: number;
}

export interface CorrectionDecided {
  readonly id: number;
  readonly decision: 'approved' | 'refused';
  readonly by: string;
  readonly atMs: number;
}

/**
 * Gives or takes points by hand. Up to `aloneMax` points it is booked at once; above, it waits for a
 * second person. What the same person booked alone for the same volunteer within a day before counts with
 * it: a limit that can be split is none.
 * @throws Refusal when nobody says who or why, the volunteer is unknown, or the points are none
 */
export async function askCorrection(
  { db }: Pick<Store, 'db'>,
  { volunteer, points, reason, by, atMs }: CorrectionAsked,
  { aloneMax }: { aloneMax: number },
): Promise<{ id: number; state: 'booked' | 'waits'; balance: number | undefined }> {
  refuseBlank(reason, 'the reason');
  if (!Number.isSafeInteger(points) || points === 0 || Math.abs(points) > correctionPointsMax) {
    throw new Refusal(`points are a whole number up to ${correctionPointsMax}, and not 0`);
  }
  return db.transaction().execute(async (trx) => {
    await refuseStranger(trx, volunteer);
    const { id } = await trx
      .insertInto('correction')
      .values({ volunteer, points, reason, asked_by: by, asked_ms: atMs })
      .returning('id')
      .executeTakeFirstOrThrow();
    await noteAction(
      trx,
      by,
      'points correct',
      volunteer,
      { correction: id, points, reason },
      atMs,
    );
    const before = await bookedAlone(trx, { volunteer, by, atMs });
    if (before + Math.abs(points) > aloneMax) return { id, state: 'waits', balance: undefined };
    const balance = await book(trx, { id, decision: 'approved', by, atMs });
    return { id, state: 'booked', balance };
  });
}

/**
 * Decides on a correction that waits.
 * @returns the volunteer's balance afterwards, where it was booked
 * @throws Refusal when it does not wait, or who decides is who asked for it
 */
export async function decideCorrection(
  { db }: Pick<Store, 'db'>,
  decided: CorrectionDecided,
): Promise<number | undefined> {
  const { id, decision, by, atMs } = decided;
  return db.transaction().execute(async (trx) => {
    const asked = await trx
      .selectFrom('correction')
      .select(['decision', 'asked_by', 'volunteer'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (!asked || asked.decision !== null) throw new Refusal(`correction ${id} waits for nobody`);
    if (isSamePerson(asked.asked_by, by)) {
      throw new Refusal(`${by} asked for correction ${id}: another person has to decide`);
    }
    await noteAction(trx, by, `correction ${decision}`, asked.volunteer, { correction: id }, atMs);
    return book(trx, decided);
  });
}

/** @returns the points that somebody has given or taken alone, whichever, within a day before */
async function bookedAlone(
  trx: Trx,
  { volunteer, by, atMs }: Pick<CorrectionAsked, 'volunteer' | 'by' | 'atMs'>,
): Promise<number> {
  const rows = await trx
    .selectFrom('correction')
    .select(['points', 'asked_by', 'decided_by'])
    .where('volunteer', '=', volunteer)
    .where('decision', '=', 'approved')
    .where('asked_ms', '>', atMs - dayMs)
    .execute();
  return rows
    .filter(
      ({ asked_by, decided_by }) =>
        isSamePerson(asked_by, by) && isSamePerson(decided_by ?? '', by),
    )
    .reduce((sum, { points }) => sum + Math.abs(points), 0);
}

/** Corrections that wait for a second person, oldest first. */
export const waitingCorrections = ({ db }: Pick<Store, 'db'>) =>
  db
    .selectFrom('correction')
    .innerJoin('volunteer', 'volunteer.id', 'correction.volunteer')
    .select(['correction.id', 'volunteer', 'name', 'points', 'reason'])
    .select(['asked_by as by', 'asked_ms as atMs'])
    .where('decision', 'is', null)
    .orderBy('correction.id')
    .execute();

async function book(
  trx: Trx,
  { id, decision, by, atMs }: CorrectionDecided,
): Promise<number | undefined> {
  const asked = await trx
    .updateTable('correction')
    .set({ decision, decided_by: by, decided_ms: atMs })
    .where('id', '=', id)
    .returning(['volunteer', 'points', 'reason', 'asked_by'])
    .executeTakeFirstOrThrow();
  if (decision === 'refused') return undefined;
  const { volunteer, points, reason: text, asked_by } = asked;
  const account = volunteerAccount(volunteer);
  const [debit, credit] =
    points > 0 ? [correctionsAccount, account] : [account, correctionsAccount];
  const second = isSamePerson(asked_by, by) ? {} : { approvedBy: by };
  const { debited, credited } = await postTransfer(
    trx,
    {
      ...{ reference: `correction/${id}`, debit, credit, amount: Math.abs(points), atMs },
      code: 'correction',
      reason: { rule: 'by-hand', correction: id, text, by: asked_by, ...second },
    },
    { mayOwe: true },
  );
  const balance = points > 0 ? credited : debited;
  const outgoing = new Outgoing();
  // What was written as the reason stays off the feed: it may name people.
  outgoing.toFeed('points', atMs, {
    ...{ volunteer: { id: volunteer }, code: 'correction', change: points, balance },
  });
  await outgoing.store(trx);
  return balance;
}
