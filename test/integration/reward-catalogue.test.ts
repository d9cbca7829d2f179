import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../hub/app/registry.ts';
import {
  changeReward,
  listRewards,
  restockReward,
  retireReward,
} from '../../hub/rewards/catalogue.ts';
import { IngestHub } from '../support/ingest-hub.ts';
import { RewardDesk, umbrella } from '../support/reward-desk.ts';

let hub: IngestHub;
let desk: RewardDesk;
beforeEach(async () => {
  hub = await IngestHub.start();
  desk = new RewardDesk(hub);
});
afterEach(async () => {
  expect((await desk.audit()).findings).toEqual([]);
  await hub.stop();
});

describe('the catalogue', () => {
  it('keeps what was put into it, and what came and went', async () => {
    const id = await desk.add({ limit: { max: 2, per: 'month' }, to: '2026-12-31' });
    expect(await restockReward(hub.store, id, { pieces: 3, reason: '' }, desk.change)).toBe(8);
    const broken = { pieces: -8, reason: 'a flood' };
    expect(await restockReward(hub.store, id, broken, desk.change)).toBe(0);
    expect(await listRewards(hub.store)).toEqual([
      {
        ...{ id, ...umbrella, limit: { max: 2, per: 'month' }, from: null, to: '2026-12-31' },
        ...{ stock: 0, reserved: 0, handedOut: 0, retired: null },
      },
    ]);
  });

  it('takes no piece away that is not there, and none without a reason', async () => {
    const id = await desk.add();
    const restock = (pieces: number, reason: string) =>
      restockReward(hub.store, id, { pieces, reason }, desk.change);
    await expect(restock(-6, 'a flood')).rejects.toThrow(`only 5 of reward ${id} in stock`);
    await expect(restock(-1, ' ')).rejects.toThrow('the reason must not be blank');
    await expect(restock(0, 'none')).rejects.toThrow('pieces are a whole number');
    expect(await desk.stockOf(id)).toBe(5);
  });

  it('tells all that is wrong with a reward at once', async () => {
    const wrong = { name: { zh: ' ', en: 'Umbrella', ko: '우산' }, cost: 0 };
    const added = desk.add({ ...wrong, from: '2026-03-02', to: '2026-03-01' });
    await expect(added).rejects.toThrow(/name\.zh: .*; cost: /);
    await expect(added).rejects.toThrow(Refusal);
    const turned = desk.add({ from: '2026-03-02', to: '2026-03-01' });
    await expect(turned).rejects.toThrow('to: must not be before "from"');
    await expect(desk.add({}, -1)).rejects.toThrow(Refusal);
    expect(await listRewards(hub.store)).toEqual([]);
  });

  it('changes what is named, says what was, and refuses what changes nothing', async () => {
    const id = await desk.add();
    const change = (terms: object) => changeReward(hub.store, id, terms, desk.change);
    const changed = await change({ cost: 40, name: { en: 'Big umbrella' } });
    expect(changed).toEqual({
      ...umbrella,
      cost: 40,
      name: { ...umbrella.name, en: 'Big umbrella' },
    });
    await expect(change({ cost: 40 })).rejects.toThrow('is so already');
    await expect(change({ cost: 0 })).rejects.toThrow('cost');
    const { detail } = await hub.store.db
      .selectFrom('operator_action')
      .select('detail')
      .where('action', '=', 'reward change')
      .executeTakeFirstOrThrow();
    expect(JSON.parse(detail)).toMatchObject({ was: { cost: 30 }, is: { cost: 40 } });
  });

  it('has a retired reward in no list but that of all, for good', async () => {
    const id = await desk.add();
    await retireReward(hub.store, id, desk.change);
    expect(await listRewards(hub.store)).toEqual([]);
    expect(await listRewards(hub.store, { all: true })).toMatchObject([{ id }]);
    for (const late of [
      retireReward(hub.store, id, desk.change),
      changeReward(hub.store, id, { cost: 1 }, desk.change),
      restockReward(hub.store, id, { pieces: 1, reason: '' }, desk.change),
    ]) {
      await expect(late).rejects.toThrow(`reward ${id} was retired`);
    }
  });
});

describe('the database itself', () => {
  it('changes nothing that was agreed, closes a redemption once, and deletes nothing', async () => {
    const id = await desk.add();
    await desk.give(60);
    const { code } = await desk.redeem(id);
    const { db } = hub.store;
    const set = (values: object) => db.updateTable('redemption').set(values).execute();
    for (const values of [{ points: 1 }, { volunteer: 'vo-00000000' }, { day: '2026-01-01' }]) {
      await expect(set(values)).rejects.toThrow('never changed');
    }
    await expect(set({ state: 'handed-out' })).rejects.toThrow('CHECK');
    await desk.handOut(code);
    await expect(set({ state: 'cancelled', reason: 'a reason' })).rejects.toThrow('once');
    await expect(set({ closed_by: 'Operator B' })).rejects.toThrow('once');
    await expect(db.deleteFrom('redemption').execute()).rejects.toThrow('never deleted');
    await expect(db.deleteFrom('reward').execute()).rejects.toThrow('never deleted');
    await expect(db.deleteFrom('reward_stocking').execute()).rejects.toThrow('never deleted');
    await expect(db.updateTable('reward_stocking').set({ pieces: 9 }).execute()).rejects.toThrow(
      'never changed',
    );
    await expect(db.updateTable('reward').set({ stock: -1 }).execute()).rejects.toThrow('CHECK');
    await retireReward(hub.store, id, desk.change);
    await expect(db.updateTable('reward').set({ retired_ms: null }).execute()).rejects.toThrow(
      'for good',
    );
  });

  it('takes no redemption that begins otherwise than reserved', async () => {
    const id = await desk.add();
    const row = { reward: id, volunteer: hub.volunteer, points: 30, code: 'CCCCCC' };
    const made = hub.store.db
      .insertInto('redemption')
      .values({
        ...{ ...row, day: '2026-03-02', reserved_by: 'x', reserved_ms: 0, state: 'handed-out' },
        ...{ closed_by: 'x', closed_ms: 0 },
      })
      .execute();
    await expect(made).rejects.toThrow('begins as reserved');
  });
});
