import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { addVolunteer } from '../../hub/app/registry.ts';
import { eventually } from '../support/eventually.ts';
import { IngestHub } from '../support/ingest-hub.ts';
import { Program } from '../support/program.ts';
import { RewardDesk } from '../support/reward-desk.ts';
import type { Job } from '../support/reward-operator.ts';

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

const resultSchema = z.object({ done: z.int(), refused: z.record(z.string(), z.int()) });

/** Each operator is a process with a store of their own on the one file; all begin at the same time. */
async function atOnce(...lists: readonly (readonly Job[])[]) {
  const folder = dirname(hub.file);
  const go = join(folder, 'go');
  const operators = await Promise.all(
    lists.map((jobs, index) => {
      const args = [folder, go, `Operator ${index + 1}`, JSON.stringify(jobs)];
      return Program.start('test/support/reward-operator.ts', args, /ready/);
    }),
  );
  writeFileSync(go, '');
  return Promise.all(
    operators.map(async (operator) => {
      await eventually(
        'an operator is done',
        () => /^result/m.test(operator.output) || !operator.isRunning,
      );
      const [, text] = /^result (.*)$/m.exec(operator.output) ?? [];
      if (text === undefined) throw new Error(`an operator failed:\n${operator.output}`);
      return resultSchema.parse(JSON.parse(text));
    }),
  );
}

const times = (n: number, job: Job): Job[] => Array.from({ length: n }, () => job);

it('take no more pieces than there are', async () => {
  // More than one of them tries to take, so that each gets some.
  const reward = await desk.add({ cost: 1 }, 50);
  const other = await addVolunteer(hub.store, 'Volunteer 2', 'test');
  await desk.give(1_000);
  await desk.give(1_000, other);
  const results = await atOnce(
    times(40, { do: 'redeem', reward, volunteer: hub.volunteer }),
    times(40, { do: 'redeem', reward, volunteer: other }),
  );
  const refused = results.map((one) => one.refused[`reward ${reward} is out of stock`] ?? 0);
  expect(results.map(({ done }, index) => done + (refused[index] ?? 0))).toEqual([40, 40]);
  expect(results.reduce((sum, { done }) => sum + done, 0)).toBe(50);
  expect(await desk.stockOf(reward)).toBe(0);
  const made = await hub.store.db
    .selectFrom('redemption')
    .select('reserved_by')
    .orderBy('id')
    .execute();
  const turns = made.filter((one, index) => one.reserved_by !== made[index - 1]?.reserved_by);
  expect(turns.length, 'they were at it at the same time').toBeGreaterThan(2);
});

it('spend no more points of one volunteer than there are, and keep the limit', async () => {
  const [dear, limited] = [
    await desk.add({ cost: 7 }, 1_000),
    await desk.add({ cost: 1, limit: { max: 5, per: 'ever' } }, 1_000),
  ];
  const { volunteer } = hub;
  await desk.give(7 * 20 + 5);
  const jobs = Array.from({ length: 30 }, (_, index): Job => {
    return { do: 'redeem', reward: index % 2 === 0 ? dear : limited, volunteer };
  });
  const results = await atOnce(jobs, jobs);
  const done = results.reduce((sum, one) => sum + one.done, 0);
  expect(done).toBe(25);
  expect(await desk.accounts()).toEqual({ volunteer: 0, reserved: 7 * 20 + 5, redeemed: 0 });
  expect(await desk.stockOf(limited)).toBe(995);
});

it('close each redemption once, whether one hands it out or the other cancels it', async () => {
  const reward = await desk.add({ cost: 1 }, 40);
  await desk.give(40);
  const codes: string[] = [];
  for (let made = 0; made < 40; made += 1) codes.push((await desk.redeem(reward)).code);
  // In another order (17 and 40 have no common factor), or who is behind finds all of them closed.
  const shuffled = codes.map((_, index) => codes[(index * 17) % 40] ?? '');
  const [handed, cancelled] = await atOnce(
    codes.slice(0, 35).map((code): Job => ({ do: 'hand-out', code })),
    shuffled
      .filter((code) => !codes.slice(0, 5).includes(code))
      .map((code): Job => ({ do: 'cancel', code })),
  );
  const [given, back] = [handed?.done ?? 0, cancelled?.done ?? 0];
  expect(given + back).toBe(40);
  expect(Object.values({ ...handed?.refused, ...cancelled?.refused })).toHaveLength(30);
  expect(await desk.accounts()).toEqual({ volunteer: back, reserved: 0, redeemed: given });
  expect(await desk.stockOf(reward)).toBe(back);
});
