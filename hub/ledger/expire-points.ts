import { noteAction } from '../app/registry.ts';
import { pointsToExpire } from '../domain/expiry.ts';
import {
  expiredAccount,
  redeemedAccount,
  reservedAccount,
  volunteerAccount,
} from '../domain/ledger.ts';
import { Outgoing } from '../feed/outgoing.ts';
import { Pace } from '../nightly/pace.ts';
import { atOneMoment } from '../store/at-one-moment.ts';
import type { Store } from '../store/open-store.ts';
import type { Db, Trx } from '../store/schema.ts';
import { postTransfer } from './post-transfer.ts';
import type { TransferReason } from './transfer-reason.ts';

export interface ExpiryRun {
  /** Local date: what was earned before it expires. */
  readonly before: string;
  /** The same moment. */
  readonly beforeMs: number;
  /** Version of the policy that says so. */
  readonly policy: number;
  readonly by: string;
  readonly atMs: number;
}

export interface Expired {
  readonly volunteer: string;
  readonly name: string;
  readonly points: number;
}

/** Volunteers of one transaction: a few milliseconds in which nothing else is committed. */
const volunteersPerSlice = 40;

/** Which points would expire; changes nothing. */
export const previewExpiry = ({ db }: Pick<Store, 'db'>, run: ExpiryRun): Promise<Expired[]> =>
  atOneMoment(db, (moment) => due(moment, run));

/**
 * Lets points expire that were earned before a day and not used. Run again, it takes no more: what has
 * expired counts. Who has points moved while it runs is left for the next time.
 * @throws Interrupted between two slices; what has expired by then has
 */
export async function expirePoints(
  { db }: Pick<Store, 'db'>,
  run: ExpiryRun,
  pace = new Pace(),
): Promise<Expired[]> {
  const { asOf, all } = await atOneMoment(db, async (moment) => ({
    all: await due(moment, run),
    asOf: await newestTransfer(moment),
  }));
  const expired: Expired[] = [];
  for (let from = 0; from < all.length; from += volunteersPerSlice) {
    const some = all.slice(from, from + volunteersPerSlice);
    const done = await pace.slice(() =>
      db.transaction().execute((trx) => expireSome(trx, run, some, asOf)),
    );
    expired.push(...done);
  }
  return expired;
}

async function expireSome(
  trx: Trx,
  { before, policy, by, atMs }: ExpiryRun,
  some: readonly Expired[],
  asOf: number,
): Promise<Expired[]> {
  const moved = await accountsSince(trx, asOf);
  const expired = some.filter(({ volunteer }) => !moved.has(volunteerAccount(volunteer)));
  if (expired.length === 0) return expired;
  const outgoing = new Outgoing();
  for (const { volunteer, points } of expired) {
    const account = volunteerAccount(volunteer);
    const { n } = await trx
      .selectFrom('transfer')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .where('debit', '=', account)
      .where('credit', '=', expiredAccount)
      .where('check_in_id', 'is', null)
      .executeTakeFirstOrThrow();
    const reason: TransferReason = { rule: 'expiry', policy, before };
    const { debited } = await postTransfer(
      trx,
      {
        reference: `expiry/${volunteer}/${Number(n) + 1}`,
        ...{ debit: account, credit: expiredAccount, amount: points, code: 'expiry' },
        ...{ atMs, reason },
      },
      { mayOwe: false },
    );
    const told = { volunteer: { id: volunteer }, code: 'expiry', change: -points };
    outgoing.toFeed('points', atMs, { ...told, balance: debited });
  }
  const points = expired.reduce((sum, one) => sum + one.points, 0);
  const detail = { volunteers: expired.length, points };
  await noteAction(trx, by, 'points expire', before, detail, atMs);
  await outgoing.store(trx);
  return expired;
}

async function newestTransfer(db: Db): Promise<number> {
  const { id } = await db
    .selectFrom('transfer')
    .select(({ fn }) => fn.max<number | null>('id').as('id'))
    .executeTakeFirstOrThrow();
  return id ?? 0;
}

/** Accounts that something has come to or gone from since. */
async function accountsSince(trx: Trx, id: number): Promise<ReadonlySet<string>> {
  const rows = await trx
    .selectFrom('transfer')
    .select(['debit', 'credit'])
    .where('id', '>', id)
    .execute();
  return new Set(rows.flatMap(({ debit, credit }) => [debit, credit]));
}

async function due(db: Db, { beforeMs }: ExpiryRun): Promise<Expired[]> {
  const seen = new Map<
    string,
    { earnedBefore: number; takenBack: number; used: number; expired: number }
  >();
  const of = (account: string) => {
    const known = seen.get(account) ?? { earnedBefore: 0, takenBack: 0, used: 0, expired: 0 };
    seen.set(account, known);
    return known;
  };
  for (const { credit, debit, isBefore, points } of await sums(db, beforeMs)) {
    // Between a volunteer and a place where points wait, are used or expire; all else gives or takes.
    if (isUse(credit)) of(debit).used += points;
    else if (isUse(debit)) of(credit).used -= points;
    else if (credit === expiredAccount) of(debit).expired += points;
    else if (credit.startsWith('scheme:')) of(debit).takenBack += points;
    else if (isBefore) of(credit).earnedBefore += points;
  }
  const volunteers = await db
    .selectFrom('account')
    .innerJoin('volunteer', 'volunteer.id', 'account.volunteer_id')
    .select(['account.id as account', 'volunteer.id as volunteer', 'name', 'balance'])
    .orderBy('volunteer.id')
    .execute();
  return volunteers.flatMap(({ account, volunteer, name, balance }) => {
    const points = pointsToExpire({ ...of(account), balance });
    return points === 0 ? [] : [{ volunteer, name, points }];
  });
}

const isUse = (account: string): boolean =>
  account === reservedAccount || account === redeemedAccount;

/** Transfers summed up by the two accounts and by whether they were booked before the cutoff. */
async function sums(db: Db, beforeMs: number) {
  const rows = await db
    .selectFrom('transfer')
    .select(['debit', 'credit'])
    .select((eb) => eb('at', '<', beforeMs).as('before'))
    .select(({ fn }) => fn.sum<number>('amount').as('points'))
    .groupBy(['debit', 'credit', 'before'])
    .execute();
  return rows.map(({ before, points, ...accounts }) => ({
    ...accounts,
    isBefore: Boolean(before),
    points: Number(points),
  }));
}
