import { cardToken } from '../../shared/card-token.ts';
import type { SunMessage } from '../../shared/wire/entry.ts';
import type { Proof, SunFault } from '../domain/card-trust.ts';
import { counterFaults, settledFault } from '../domain/sun-counter.ts';
import { sunKeys } from '../sun/diversify.ts';
import { verifySun } from '../sun/verify-sun.ts';
import type { CommitWork } from './commit-work.ts';

/** Under which the hub keeps the key that all cards' keys are made from. */
export const sunMasterName = 'sun-master-key';

export interface SunTap {
  readonly journalId: number;
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
  readonly card: string;
  readonly sun: SunMessage;
  readonly occurredMs: number;
}

/**
 * Verifies what a card wrote at a tap, and keeps what it proves. Without a key the hub knows of no such
 * cards, and the tap is known by the card's UID alone.
 * @returns whether it was kept, and which other taps of the card prove something else by it
 */
export async function takeSun(
  work: CommitWork,
  { journalId, station, epoch, seq, card, sun, occurredMs }: SunTap,
): Promise<{ isKept: boolean; changed: readonly number[] }> {
  const master = await metaOf(work, sunMasterName);
  if (master === undefined) return { isKept: false, changed: [] };
  const read = await readingOf(work, master, card, sun);
  const settled = await settledThrough(work, card);
  const fault = settledFault(read.counter, settled) ?? read.fault;
  const row = { journal_id: journalId, card, station, epoch, seq, occurred_ms: occurredMs };
  await work.trx
    .insertInto('sun_reading')
    .values({ ...row, ...read, fault })
    .execute();
  const changed = read.counter === null ? [] : await judgeCounters(work, card, occurredMs);
  return { isKept: true, changed: changed.filter((id) => id !== journalId) };
}

async function readingOf(
  work: CommitWork,
  master: string,
  card: string,
  sun: SunMessage,
): Promise<{ counter: number | null; fault: SunFault | null }> {
  const verdict = verifySun(sun, sunKeys(Buffer.from(master, 'hex')));
  if (!verdict.ok) return { counter: null, fault: verdict.reason };
  const schemeKey = await metaOf(work, 'scheme-key');
  const isOwn = cardToken(schemeKey ?? '', verdict.uid) === card;
  return isOwn ? { counter: verdict.counter, fault: null } : { counter: null, fault: 'other-card' };
}

async function metaOf({ trx }: CommitWork, key: string): Promise<string | undefined> {
  const row = trx.selectFrom('meta').select('value').where('key', '=', key);
  return (await row.executeTakeFirst())?.value;
}

/**
 * A tap is dated anew: its counter is held against other taps now.
 * @returns which other taps of the card prove something else by it
 */
export async function moveSun(
  work: CommitWork,
  journalId: number,
  occurredMs: number,
): Promise<readonly number[]> {
  const { trx } = work;
  const row = await trx
    .selectFrom('sun_reading')
    .select(['card', 'occurred_ms', 'counter'])
    .where('journal_id', '=', journalId)
    .executeTakeFirst();
  if (!row) return [];
  await trx
    .updateTable('sun_reading')
    .set({ occurred_ms: occurredMs })
    .where('journal_id', '=', journalId)
    .execute();
  if (row.counter === null) return [];
  const fromMs = Math.min(row.occurred_ms, occurredMs);
  const changed = await judgeCounters(work, row.card, fromMs);
  return changed.filter((id) => id !== journalId);
}

/** @returns what came with these taps, and what it proves; nothing of those with which nothing came. */
export async function proofsOf(
  { statements }: Pick<CommitWork, 'statements'>,
  journalIds: readonly number[],
): Promise<ReadonlyMap<number, Proof>> {
  const rows = await statements.sunFaultsOf(journalIds.map((journal_id) => ({ journal_id })));
  return new Map(rows.map(({ journal_id, fault }) => [journal_id, { trust: 'sun', fault }]));
}

/** @returns the highest counter that retention has removed of a card; -1 for none. Up to it nothing is judged again. */
async function settledThrough({ trx }: CommitWork, card: string): Promise<number> {
  const row = trx.selectFrom('card_counter').select('counter').where('card', '=', card);
  return (await row.executeTakeFirst())?.counter ?? -1;
}

/** Of the taps before `fromMs` only those matter that the later ones are held against: nothing of them changes. */
async function judgeCounters(
  work: CommitWork,
  card: string,
  fromMs: number,
): Promise<readonly number[]> {
  const { trx } = work;
  const readings = trx.selectFrom('sun_reading').selectAll().where('card', '=', card);
  const counted = readings.where('counter', '>', await settledThrough(work, card));
  const later = await counted.where('occurred_ms', '>=', fromMs).execute();
  const before = counted.where('occurred_ms', '<', fromMs).where('fault', 'is', null);
  const same = await before
    .where(
      'counter',
      'in',
      later.map(({ counter }) => counter),
    )
    .execute();
  const highest = await before.orderBy('counter', 'desc').limit(1).execute();
  const taps = new Map([...same, ...highest, ...later].map((row) => [row.journal_id, row]));
  const rows = [...taps.values()];
  const faults = counterFaults(
    rows.map(({ occurred_ms: occurredMs, station, epoch, seq, counter }) => {
      return { occurredMs, station, epoch, seq, counter: counter ?? 0 };
    }),
  );
  const changed: number[] = [];
  for (const [index, { journal_id, fault: was }] of rows.entries()) {
    const fault = faults[index] ?? null;
    if (fault === was) continue;
    changed.push(journal_id);
    const update = trx.updateTable('sun_reading').set({ fault });
    await update.where('journal_id', '=', journal_id).execute();
  }
  return changed;
}
