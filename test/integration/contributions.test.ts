import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audit } from '../../hub/audit/audit.ts';
import {
  contributionTextMax,
  decideContribution,
  listContributions,
  readContributionText,
  recordContribution,
  removeContributionTexts,
} from '../../hub/ledger/contributions.ts';
import { explain } from '../../hub/ledger/statement.ts';
import { dayOf, IngestHub, minuteMs, startMs } from '../support/ingest-hub.ts';

const atMs = startMs + 200 * minuteMs;
const today = dayOf(atMs);

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const record = (more: object = {}) =>
  recordContribution(hub.store, {
    ...{ volunteer: hub.volunteer, kind: 'hazard-removed', day: today, points: 20 },
    ...{ text: 'what happened', by: 'Operator A', atMs, today, ...more },
  });
const decide = (id: number, decision: 'approved' | 'refused', by: string, note?: string) =>
  decideContribution(hub.store, { id, decision, by, note, atMs });
const read = (id: number, by = 'Operator C', readers?: readonly string[]) =>
  readContributionText(hub.store, { id, by, reason: 'a question', atMs, readers });

describe('a contribution', () => {
  it('earns nothing until another person has approved it', async () => {
    const id = await record();
    await expect(decide(id, 'approved', 'OPERATOR A ')).rejects.toThrow('another person');
    expect(await hub.balances()).toEqual({ volunteer: 0, sum: 0 });
    expect(await decide(id, 'approved', 'Operator B')).toBe(20);
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
    await expect(decide(id, 'refused', 'Operator B', 'x')).rejects.toThrow('waits for nobody');
  });

  it('is explained with its kind, its day and both names', async () => {
    const id = await record();
    await decide(id, 'approved', 'Operator B');
    const { why } = await explain(hub.store, `contribution/${id}`, { timeZone: 'Asia/Shanghai' });
    expect(why.en).toBe(
      `20 points for a contribution on ${today}, “Hazard removed”, by version 1 of the rules; recorded by Operator A, approved by Operator B.`,
    );
    expect(why.zh).toContain('“安全隐患”');
    expect(why.ko).toContain('“위험 요소 제거”');
  });

  it('that is refused says why, and earns nothing', async () => {
    const id = await record();
    await expect(decide(id, 'refused', 'Operator B')).rejects.toThrow('the reason');
    await decide(id, 'refused', 'Operator B', 'no hazard');
    expect(await listContributions(hub.store, { waiting: true })).toEqual([]);
    expect(await listContributions(hub.store, {})).toMatchObject([{ note: 'no hazard' }]);
    expect(await hub.balances()).toEqual({ volunteer: 0, sum: 0 });
  });

  it.each([
    [{ kind: 'gossip' }, 'gossip is no kind'],
    [{ points: 9 }, '10 to 50 points, not 9'],
    [{ points: 51 }, '10 to 50 points, not 51'],
    [{ points: 20.5 }, 'not 20.5'],
    [{ day: '2999-01-01' }, 'still to come'],
    [{ text: '  ' }, 'the text'],
    [{ text: 'x'.repeat(contributionTextMax + 1) }, 'at most'],
    [{ by: '' }, 'the name'],
    [{ volunteer: 'vo-00000000' }, 'no volunteer'],
  ])('is refused with %j', async (fault, message) => {
    await expect(record(fault)).rejects.toThrow(message);
    expect(await listContributions(hub.store, {})).toEqual([]);
  });

  it('cannot be rewritten behind the program', async () => {
    const id = await record();
    await decide(id, 'approved', 'Operator B');
    const { db } = hub.store;
    await expect(db.updateTable('contribution').set({ points: 50 }).execute()).rejects.toThrow(
      'never',
    );
    await expect(
      db.updateTable('contribution').set({ decided_by: 'Operator C' }).execute(),
    ).rejects.toThrow('never');
  });
});

describe('what a contribution was', () => {
  it('is for those whom the settings name and for who recorded it; who else wanted to read it is kept', async () => {
    const id = await record();
    const readers = ['Operator B'];
    await expect(read(id, 'Operator C', readers)).rejects.toThrow('not for Operator C to read');
    const actions = await hub.store.db.selectFrom('operator_action').selectAll().execute();
    expect(actions.at(-1)).toMatchObject({
      action: 'contribution read refused',
      by: 'Operator C',
    });
    expect(await read(id, 'operator b', readers)).toBe('what happened');
    expect(await read(id, 'Operator A', readers)).toBe('what happened');
    await expect(read(id, 'Operator C', [])).rejects.toThrow('not for Operator C');
  });

  it('is in no list, no feed and no audit log; who reads it is', async () => {
    const id = await record();
    await decide(id, 'approved', 'Operator B');
    expect(await read(id)).toBe('what happened');
    const actions = await hub.store.db.selectFrom('operator_action').selectAll().execute();
    const everything = JSON.stringify([
      await listContributions(hub.store, {}),
      await hub.outgoing(),
      await hub.store.db.selectFrom('transfer').selectAll().execute(),
      actions,
    ]);
    expect(everything).not.toContain('what happened');
    expect(actions.at(-1)).toMatchObject({ action: 'contribution read', by: 'Operator C' });
  });

  it('is gone after its time, the points are not, and one that waits keeps it', async () => {
    const [done, waiting] = [await record(), await record()];
    await decide(done, 'approved', 'Operator B');
    const remove = (beforeMs: number) =>
      hub.store.db.transaction().execute((trx) => removeContributionTexts(trx, beforeMs));
    expect(await remove(atMs)).toBe(0);
    expect(await remove(atMs + 1)).toBe(1);
    await expect(read(done)).rejects.toThrow('no longer kept');
    expect(await read(waiting)).toBe('what happened');
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
  });
});

it('is held against the transfers by the audit', async () => {
  const id = await record();
  await decide(id, 'approved', 'Operator B');
  const { db, ingest } = hub.store;
  expect((await audit({ db, ingest })).findings).toEqual([]);
  await record();
  await db
    .insertInto('transfer')
    .values({
      ...{ reference: 'contribution/2', debit: 'scheme:issued-for-contributions' },
      ...{ credit: `volunteer:${hub.volunteer}`, amount: 20, code: 'contribution', at: atMs },
      ...{ check_in_id: null, reason: '{"rule":"expiry","policy":1,"before":"x"}' },
    })
    .execute();
  const { findings } = await audit({ db, ingest });
  expect(findings).toContainEqual({
    check: 'contributions are credited as two people decided, and no others',
    ...{ subject: 'contribution/2', detail: 'should be 0, and is 20' },
  });
});
