import { afterEach, beforeEach, expect, it } from 'vitest';
import { addCard } from '../../hub/app/cards.ts';
import { publishPolicy } from '../../hub/app/policies.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { policySchema } from '../../hub/domain/policy.ts';
import { previewBounties, settleBounties } from '../../hub/ledger/bounties.ts';
import { Interrupted, Pace } from '../../hub/nightly/pace.ts';
import { erasePerson } from '../../hub/privacy/erase-person.ts';
import { cardToken } from '../../shared/card-token.ts';
import { dayOf, IngestHub, Past, startMs } from '../support/ingest-hub.ts';
import { april, dayMin, dayMs, RetentionScene } from '../support/retention-scene.ts';

const by = 'Operator A';
/** The budget is for three bounties, where nothing else is said. */
const policyOf = (budgetPerMonth = 60) =>
  policySchema.parse({
    ...{ pointsPerCheckIn: 10, pausePerStationMin: 60, pointsPerDayMax: 50 },
    bounty: { fewerThan: 3, points: 20, budgetPerMonth },
  });
const publish = (policy = policyOf()) =>
  publishPolicy(hub.store, { policy, from: '2026-03-03', by, atMs: startMs, dayOf });
/** Early on 1 July: March and no more is so old that nothing can come for it. */
const julyMs = Date.parse('2026-06-30T19:30:00Z');
/** Early on 1 August: April, too. */
const augustMs = julyMs + 31 * dayMs;

let hub: IngestHub;
let scene: RetentionScene;
let others: string[];
let cards: string[];
beforeEach(async () => {
  hub = await IngestHub.start();
  scene = new RetentionScene(hub);
  await publish();
  [others, cards] = [[], []];
  for (const [index, uid] of ['04D4E5F6', '04D4E5F7'].entries()) {
    const volunteer = await addVolunteer(hub.store, `Volunteer ${index + 2}`, 'test');
    await addCard(hub.store, volunteer, uid, 'test');
    others.push(volunteer);
    cards.push(cardToken(await hub.store.schemeKey(), uid));
  }
});
afterEach(() => hub.stop());

/** @param who 0 for who is going to be erased */
const give = (who: number, minutes: readonly number[]) => {
  const card = [hub.card, ...cards][who] ?? '';
  return scene.give(minutes, new Past({ station: hub.station, card }));
};
const erase = (atMs: number) =>
  erasePerson(
    hub.store,
    { volunteer: hub.volunteer, by, reason: 'they asked for it', atMs, dayOf },
    new Pace(),
  );
const settle = (month: string, atMs = augustMs, pace?: Pace) =>
  settleBounties(hub.store, { month, by, atMs, dayOf }, pace);
const preview = (month: string) => previewBounties(hub.store, { month, thisMonth: '2026-08' });
/** What all hold, in the order in which they came. */
const held = async () => {
  const rows = await hub.store.db
    .selectFrom('account')
    .select(['volunteer_id', 'balance'])
    .execute();
  return [hub.volunteer, ...others].map(
    (one) => rows.find(({ volunteer_id }) => volunteer_id === one)?.balance ?? 0,
  );
};

it('takes nothing from the others of a month that was settled before, and gives them nothing', async () => {
  await give(0, [2 * dayMin, 3 * dayMin]);
  await give(1, [4 * dayMin]);
  await give(2, [5 * dayMin]);
  await settle('2026-03');
  const before = await held();
  expect(before).toEqual([60, 30, 10]);
  await erase(julyMs);
  const stays = '2026-03 was settled with: its bounties stay';
  await expect(preview('2026-03')).rejects.toThrow(stays);
  await expect(settle('2026-03')).rejects.toThrow(stays);
  expect(await held()).toEqual(before);
  expect(await scene.findings()).toEqual([]);
});

it('leaves a month as it was settled where visits of the month before are gone', async () => {
  await give(0, [2 * dayMin, 3 * dayMin, 4 * dayMin]);
  await give(1, [april]);
  expect(await settle('2026-04')).toMatchObject({ bounties: 0 });
  await erase(julyMs);
  await expect(settle('2026-04')).rejects.toThrow('2026-04 was settled with: its bounties stay');
});

it('settles a month for the first time among those who are there, and again when something is new', async () => {
  await give(0, [2 * dayMin, 3 * dayMin]);
  await give(1, [4 * dayMin]);
  await erase(julyMs);
  expect(await preview('2026-03')).toMatchObject({ changes: [{ volunteer: others[0] }] });
  expect(await settle('2026-03')).toMatchObject({ bounties: 1, points: 20 });
  expect(await held()).toEqual([20, 30, 0]);
  expect(await scene.findings()).toEqual([]);
  await give(2, [5 * dayMin]);
  expect(await settle('2026-03')).toMatchObject({
    changes: [{ volunteer: others[1], change: 20 }],
  });
  expect(await settle('2026-03')).toMatchObject({ points: 40, changes: [] });
  expect(await held()).toEqual([20, 30, 30]);
  expect(await scene.findings()).toEqual([]);
});

it('takes no station for rarer than it was', async () => {
  await give(0, [2 * dayMin, 3 * dayMin]);
  await give(1, [4 * dayMin]);
  await give(2, [april]);
  await erase(julyMs);
  expect(await settle('2026-04')).toMatchObject({ stations: [], bounties: 0 });
});

it('finishes a first settlement that was cut short after an erasure', async () => {
  await publish(policyOf(10_000));
  await give(0, [2 * dayMin]);
  const mornings = Array.from({ length: 27 }, (_, day) => (day + 1) * dayMin);
  await give(1, mornings);
  await give(2, mornings);
  await erase(julyMs);
  class StoppedAfterOne extends Pace {
    slices = 0;
    override slice<T>(work: () => Promise<T>): Promise<T> {
      this.slices += 1;
      return this.slices > 1 ? Promise.reject(new Interrupted()) : super.slice(work);
    }
  }
  await expect(settle('2026-03', augustMs, new StoppedAfterOne())).rejects.toThrow(Interrupted);
  expect(await scene.findings()).toEqual([]);
  expect(await settle('2026-03')).toMatchObject({ bounties: 54, changes: [{ change: 27 * 20 }] });
  expect(await held()).toEqual([10, 27 * 30, 27 * 30]);
  expect(await scene.findings()).toEqual([]);
});

it('pays by no plan that an erasure has come upon', async () => {
  await give(0, [2 * dayMin]);
  await give(1, [4 * dayMin]);
  class ErasedFirst extends Pace {
    override async slice<T>(work: () => Promise<T>): Promise<T> {
      await erase(julyMs);
      return super.slice(work);
    }
  }
  await expect(settle('2026-03', augustMs, new ErasedFirst())).rejects.toThrow(
    'an erasure has just removed check-ins: settle 2026-03 again',
  );
  expect(await settle('2026-03')).toMatchObject({
    changes: [{ volunteer: others[0], change: 20 }],
  });
  expect(await scene.findings()).toEqual([]);
});
