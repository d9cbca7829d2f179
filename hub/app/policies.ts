import { type Policy, policySchema, policyWarnings } from '../domain/policy.ts';
import {
  inForceOn,
  inOrder,
  type PolicyHistory,
  type PolicyState,
  type PolicyVersion,
  standingOf,
} from '../domain/policy-history.ts';
import type { Store } from '../store/open-store.ts';
import type { Db } from '../store/schema.ts';
import { noteAction, Refusal } from './registry.ts';

/** A version as people see it. */
export interface ListedPolicy extends PolicyVersion {
  readonly state: PolicyState;
  /** The first day that it holds for no more; null for none. */
  readonly until: string | null;
  /** null for what came with the program. */
  readonly publishedMs: number | null;
  readonly publishedBy: string | null;
}

/** Every version that there is, by the day from which it holds. */
export async function policyHistory(db: Db): Promise<PolicyHistory> {
  return (await versions(db)).map(({ version, effectiveFrom, policy }) => ({
    ...{ version, effectiveFrom, policy },
  }));
}

/** Every version with how it stands on `today` (YYYY-MM-DD). */
export const listPolicies = async (
  { db }: Pick<Store, 'db'>,
  today: string,
): Promise<ListedPolicy[]> => standingOf(await versions(db), today);

/** The version that is in force on a day, and how it stands today. */
export async function policyOfDay(
  store: Pick<Store, 'db'>,
  day: string,
  today: string,
): Promise<ListedPolicy> {
  const list = await listPolicies(store, today);
  const { version } = inForceOn(list, day);
  const found = list.find((one) => one.version === version);
  if (!found) throw new Error('the policy in force is none of those that there are');
  return found;
}

async function versions(db: Db) {
  const rows = await db.selectFrom('policy').selectAll().execute();
  return rows
    .map(({ version, effective_from, body, published_at, published_by }) => ({
      ...{ version, effectiveFrom: effective_from },
      policy: policySchema.parse(JSON.parse(body)),
      ...{ publishedMs: published_at, publishedBy: published_by },
    }))
    .sort(inOrder);
}

/**
 * What should give somebody pause before a policy is published; none of it is a fault.
 * @param from the first day that it would hold for, where that is known
 */
export async function doubtsAbout(
  { db }: Pick<Store, 'db'>,
  policy: Policy,
  { from, today }: { from: string | undefined; today: string },
): Promise<string[]> {
  const doubts = policyWarnings(policy);
  if (from === undefined) return doubts;
  const history = await policyHistory(db);
  if (from <= today) doubts.push(`${from} is not to come: old days keep their policy`);
  const same = history.findLast(({ effectiveFrom }) => effectiveFrom === from);
  if (same) doubts.push(`it takes the place of version ${same.version}, published for ${from} too`);
  const next = history.find(({ effectiveFrom }) => effectiveFrom > from);
  if (next) {
    doubts.push(`version ${next.version} takes over on ${next.effectiveFrom}: it holds until then`);
  }
  const before = history.findLast(({ effectiveFrom }) => effectiveFrom <= from);
  if (before && JSON.stringify(before.policy) === JSON.stringify(policy)) {
    doubts.push(`it says what version ${before.version} says already`);
  }
  if (!from.endsWith('-01') && policy.pointsPerMonthMax !== undefined) {
    doubts.push('it begins within a month: its limit counts what that month has earned before');
  }
  return doubts;
}

export interface Publication {
  readonly policy: Policy;
  /** The first day that it holds for, YYYY-MM-DD. */
  readonly from: string;
  readonly by: string;
  readonly atMs: number;
  readonly dayOf: (ms: number) => string;
}

/**
 * Puts a policy in force from a day to come. What it leaves to defaults is stored with it, so that it
 * means the same for good.
 * @returns the version that it has from now on
 * @throws Refusal when the day has begun, or check-ins of it count already: old days keep their policy
 */
export async function publishPolicy(
  { db }: Pick<Store, 'db'>,
  { policy, from, by, atMs, dayOf }: Publication,
): Promise<number> {
  const today = dayOf(atMs);
  if (from <= today) {
    throw new Refusal(`a policy begins on a day to come, and it is ${today}: not on ${from}`);
  }
  return db.transaction().execute(async (trx) => {
    // Of a station whose clock is ahead, or of a hub whose own is behind.
    const early = await trx
      .selectFrom('check_in')
      .select('day')
      .where('day', '>=', from)
      .where('counts', '=', 1)
      .limit(1)
      .executeTakeFirst();
    if (early) {
      throw new Refusal(`check-ins of ${early.day} count already: choose a later day than that`);
    }
    const { last } = await trx
      .selectFrom('policy')
      .select(({ fn }) => fn.max('version').as('last'))
      .executeTakeFirstOrThrow();
    const version = Number(last) + 1;
    await noteAction(trx, by, 'policy publish', String(version), { from, policy }, atMs);
    const published = { published_at: atMs, published_by: by };
    const row = { version, effective_from: from, body: JSON.stringify(policy), ...published };
    await trx.insertInto('policy').values(row).execute();
    return version;
  });
}
