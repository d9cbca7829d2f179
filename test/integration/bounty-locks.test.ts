import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addCard } from '../../hub/app/cards.ts';
import { publishPolicy } from '../../hub/app/policies.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { audit } from '../../hub/audit/audit.ts';
import { policySchema } from '../../hub/domain/policy.ts';
import { previewBounties, settleBounties } from '../../hub/ledger/bounties.ts';
import { Interrupted, Pace } from '../../hub/nightly/pace.ts';
import { cardToken } from '../../shared/card-token.ts';
import { dayOf, IngestHub, minuteMs, Past, startMs } from '../support/ingest-hub.ts';

const day = 24 * 60;
const otherUid = '04D4E5F6';
/** The policy with the bounty holds from the second day of what the hub is given. */
const bountyDays = 28;
const policy = policySchema.parse({
  ...{ pointsPerCheckIn: 10, pausePerStationMin: 60, pointsPerDayMax: 50 },
  bounty: { fewerThan: 3, points: 20, budgetPerMonth: 10_000 },
});

let hub: IngestHub;
let volunteers: string[];
beforeEach(async () => {
  hub = await IngestHub.start();
  const by = 'Operator 1';
  await publishPolicy(hub.store, { policy, from: '2026-03-03', by, atMs: startMs, dayOf });
  const other = await addVolunteer(hub.store, 'Volunteer 2', 'test');
  await addCard(hub.store, other, otherUid, 'test');
  volunteers = [hub.volunteer, other];
  const otherCard = cardToken(await hub.store.schemeKey(), otherUid);
  hub.nowMs = startMs + 30 * day * minuteMs;
  for (const card of [hub.card, otherCard]) {
    const past = new Past({ station: hub.station, card });
    past.checkIns(...Array.from({ length: bountyDays }, (_, index) => (index + 1) * day));
    await hub.give(past.message(1, bountyDays, 30 * day));
  }
});
afterEach(() => hub.stop());

const settle = (pace?: Pace) =>
  settleBounties(
    hub.store,
    { month: '2026-03', by: 'Operator 1', atMs: startMs + 31 * day * minuteMs, dayOf },
    pace,
  );
const bountyPoints = 2 * bountyDays * 20;
const paid = async () => {
  const rows = await hub.store.db
    .selectFrom('transfer')
    .select('amount')
    .where('code', '=', 'bounty')
    .execute();
  return rows.reduce((sum, { amount }) => sum + amount, 0);
};

/** Does something around each slice. */
class Watched extends Pace {
  slices = 0;
  readonly #before: (slice: number) => Promise<unknown>;
  constructor(before: (slice: number) => Promise<unknown>) {
    super();
    this.#before = before;
  }
  override async slice<T>(work: () => Promise<T>): Promise<T> {
    await this.#before(this.slices);
    this.slices += 1;
    return super.slice(work);
  }
}

it('are previewed while somebody else holds the write lock', async () => {
  const writer = new BetterSqlite(hub.file);
  writer.exec('BEGIN IMMEDIATE');
  const report = await previewBounties(hub.store, { month: '2026-03', thisMonth: '2026-04' });
  expect(report).toMatchObject({ bounties: 2 * bountyDays, points: bountyPoints });
  writer.exec('ROLLBACK');
  writer.close();
});

it('leave the lock between slices, and the audit finds nothing wrong then', async () => {
  const writer = new BetterSqlite(hub.file, { timeout: 0 });
  const between: unknown[] = [];
  const pace = new Watched(async () => {
    writer.exec('BEGIN IMMEDIATE; ROLLBACK');
    between.push(...(await audit(hub.store)).findings);
  });
  const report = await settle(pace);
  writer.close();
  expect(pace.slices).toBe(2);
  expect(between).toEqual([]);
  expect(report.changes).toEqual(
    expect.arrayContaining(volunteers.map((volunteer) => ({ volunteer, change: 28 * 20 }))),
  );
  expect(await paid()).toBe(bountyPoints);
  const told = (await hub.outgoing()).filter(({ topic }) => topic.endsWith('/points'));
  expect(told.filter(({ body }) => JSON.stringify(body).includes('"bounty"'))).toHaveLength(2);
  expect((await audit(hub.store)).findings).toEqual([]);
});

it('that were cut short are settled to the end by the next run', async () => {
  const pace = new Watched(async (slice) => {
    if (slice === 1) throw new Interrupted('cut short');
  });
  await expect(settle(pace)).rejects.toThrow(Interrupted);
  expect(await paid()).toBe(bountyPoints / 2);
  expect((await audit(hub.store)).findings).toEqual([]);
  expect(await settle()).toMatchObject({ points: bountyPoints, changes: [{ change: 28 * 20 }] });
  expect(await paid()).toBe(bountyPoints);
  expect((await audit(hub.store)).findings).toEqual([]);
});

it('are not paid twice by two who settle at the same time', async () => {
  const pace = new Watched(async (slice) => {
    if (slice === 0) await settle();
  });
  await expect(settle(pace)).rejects.toThrow('settle it again');
  expect(await paid()).toBe(bountyPoints);
  expect((await audit(hub.store)).findings).toEqual([]);
});
