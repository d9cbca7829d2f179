import { refuseStranger } from '../app/known-volunteer.ts';
import { noteAction, Refusal, refuseBlank } from '../app/registry.ts';
import { contributionNames, type Names } from '../domain/contribution-kinds.ts';
import { issuedForContributions, volunteerAccount } from '../domain/ledger.ts';
import { isSamePerson } from '../domain/same-person.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { PolicyInForce } from '../ingest/policy-book.ts';
import { PolicyBook } from '../ingest/policy-book.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';
import { postTransfer } from './post-transfer.ts';

/** Some pages: what happened, and no more. */
export const contributionTextMax = 10_000;

export interface ContributionRecorded {
  readonly volunteer: string;
  /** One of the policy's kinds, such as `hazard-removed`. */
  readonly kind: string;
  /** Local date on which it was done, YYYY-MM-DD; the policy of that day holds. */
  readonly day: string;
  readonly points: number;
  /** What it was. It may name people, and is kept apart from all else. */
  readonly text: string;
  readonly by: string;
  readonly atMs: number;
  /** Local date of `atMs`. */
  readonly today: string;
}

export interface ContributionDecided {
  readonly id: number;
  readonly decision: 'approved' | 'refused';
  /** Why; needed where it is refused. */
  readonly note?: string | undefined;
  readonly by: string;
  readonly atMs: number;
}

/**
 * Records a contribution; it earns nothing until another person approves it.
 * @returns its number
 * @throws Refusal when the kind is none of the policy's, the points are out of its range, the day lies
 * ahead, the text is blank or too long, or the volunteer is unknown
 */
export async function recordContribution(
  { db, ingest }: Pick<Store, 'db' | 'ingest'>,
  recorded: ContributionRecorded,
): Promise<number> {
  const { volunteer, kind, day, points, text, by, atMs, today } = recorded;
  refuseBlank(text, 'the text');
  if (text.length > contributionTextMax) {
    throw new Refusal(`the text has ${text.length} characters, ${contributionTextMax} at most`);
  }
  if (day > today) throw new Refusal(`${day} is still to come`);
  return db.transaction().execute(async (trx) => {
    refuseOutOfRange(await new PolicyBook(ingest).find(day), kind, points);
    await refuseStranger(trx, volunteer);
    const { id } = await trx
      .insertInto('contribution')
      .values({ volunteer, kind, day, points, recorded_by: by, recorded_ms: atMs })
      .returning('id')
      .executeTakeFirstOrThrow();
    await trx.insertInto('contribution_text').values({ contribution: id, text }).execute();
    const detail = { contribution: id, kind, day, points };
    await noteAction(trx, by, 'contribution record', volunteer, detail, atMs);
    return id;
  });
}

/**
 * Approves a contribution, which credits its points, or refuses it.
 * @returns the volunteer's balance afterwards, where it was approved
 * @throws Refusal when it does not wait, or who decides is who recorded it
 */
export async function decideContribution(
  { db, ingest }: Pick<Store, 'db' | 'ingest'>,
  { id, decision, note, by, atMs }: ContributionDecided,
): Promise<number | undefined> {
  if (decision === 'refused') refuseBlank(note ?? '', 'the reason');
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom('contribution')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row || row.decision !== null) throw new Refusal(`contribution ${id} waits for nobody`);
    if (isSamePerson(row.recorded_by, by)) {
      throw new Refusal(`${by} recorded contribution ${id}: another person has to decide`);
    }
    await trx
      .updateTable('contribution')
      .set({ decision, decided_by: by, decided_ms: atMs, note: note ?? null })
      .where('id', '=', id)
      .execute();
    await noteAction(
      trx,
      by,
      `contribution ${decision}`,
      row.volunteer,
      { contribution: id },
      atMs,
    );
    if (decision === 'refused') return undefined;
    const policy = await new PolicyBook(ingest).find(row.day);
    return credit(trx, { ...row, approvedBy: by, atMs }, policy);
  });
}

/** Contributions without their texts, oldest first. */
export function listContributions(
  { db }: Pick<Store, 'db'>,
  { waiting, volunteer }: { waiting?: boolean | undefined; volunteer?: string | undefined },
) {
  const all = db
    .selectFrom('contribution')
    .innerJoin('volunteer', 'volunteer.id', 'contribution.volunteer')
    .select(['contribution.id', 'volunteer', 'name', 'kind', 'day', 'points'])
    .select(['recorded_by as recordedBy', 'decision', 'decided_by as decidedBy', 'note'])
    .orderBy('contribution.id');
  const ofOne = volunteer === undefined ? all : all.where('volunteer', '=', volunteer);
  return (waiting ? ofOne.where('decision', 'is', null) : ofOne).execute();
}

export interface TextAsked {
  readonly id: number;
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
  /** Who may read texts that others recorded; undefined where everybody may who says why. */
  readonly readers: readonly string[] | undefined;
}

/**
 * Reads what a contribution was. Who read it or wanted to, and what for, stands in the audit log.
 * @throws Refusal when there is none, its text is gone, it is not for them, or nobody says who and why
 */
export async function readContributionText(
  { db }: Pick<Store, 'db'>,
  { id, by, reason, atMs, readers }: TextAsked,
): Promise<string> {
  refuseBlank(reason, 'the reason');
  const asked = await db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom('contribution')
      .leftJoin('contribution_text', 'contribution', 'contribution.id')
      .select(['volunteer', 'text', 'recorded_by as recordedBy'])
      .where('contribution.id', '=', id)
      .executeTakeFirst();
    if (!row) throw new Refusal(`there is no contribution ${id}`);
    const mayRead = [row.recordedBy, ...(readers ?? [by])].some((one) => isSamePerson(one, by));
    const action = mayRead ? 'contribution read' : 'contribution read refused';
    await noteAction(trx, by, action, row.volunteer, { contribution: id, reason }, atMs);
    return { ...row, mayRead };
  });
  if (!asked.mayRead) throw new Refusal(`what contribution ${id} was is not for ${by} to read`);
  if (asked.text === null) throw new Refusal(`the text of contribution ${id} is no longer kept`);
  return asked.text;
}

/**
 * Removes the texts of contributions that were decided before a moment; those that still wait are kept.
 * @returns how many
 */
export async function removeContributionTexts(trx: Trx, beforeMs: number): Promise<number> {
  const old = trx.selectFrom('contribution').select('id').where('decided_ms', '<', beforeMs);
  const { numDeletedRows } = await trx
    .deleteFrom('contribution_text')
    .where('contribution', 'in', old)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

function refuseOutOfRange({ body, version }: PolicyInForce, kind: string, points: number): void {
  const range = body.contributions[kind];
  if (range === undefined) {
    const kinds = Object.keys(body.contributions).join(', ');
    throw new Refusal(`${kind} is no kind of version ${version} of the rules: there are ${kinds}`);
  }
  const { pointsMin, pointsMax } = range;
  const isInRange = points >= pointsMin && points <= pointsMax && points > 0;
  if (!Number.isSafeInteger(points) || !isInRange) {
    throw new Refusal(`${kind} is worth ${pointsMin} to ${pointsMax} points, not ${points}`);
  }
}

async function credit(
  trx: Trx,
  {
    id,
    volunteer,
    kind,
    day,
    points: amount,
    recorded_by: by,
    approvedBy,
    atMs,
  }: {
    id: number;
    volunteer: string;
    kind: string;
    day: string;
    points: number;
    recorded_by: string;
    approvedBy: string;
    atMs: number;
  },
  { version: policy, body }: PolicyInForce,
): Promise<number> {
  const { credited: balance } = await postTransfer(
    trx,
    {
      ...{ reference: `contribution/${id}`, debit: issuedForContributions },
      ...{ credit: volunteerAccount(volunteer), amount, code: 'contribution', atMs },
      reason: {
        ...{ rule: 'contribution', contribution: id, kind, names: namesOf(body, kind) },
        ...{ day, policy, by, approvedBy },
      },
    },
    { mayOwe: true },
  );
  const outgoing = new Outgoing();
  const told = { volunteer: { id: volunteer }, code: 'contribution', change: amount, balance };
  outgoing.toFeed('points', atMs, told);
  await outgoing.store(trx);
  return balance;
}

/** @throws Error for a kind without names, which no policy is published with */
function namesOf({ contributions }: PolicyInForce['body'], kind: string): Names {
  const names = contributions[kind]?.names ?? contributionNames[kind];
  if (names === undefined) throw new Error(`nobody says what ${kind} is called`);
  return names;
}
