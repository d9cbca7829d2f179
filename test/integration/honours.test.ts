import { afterEach, beforeEach, expect, it } from 'vitest';
import { awardHonour, listHonours, proposeHonour } from '../../hub/honours/candidates.ts';
import { decideContribution, recordContribution } from '../../hub/ledger/contributions.ts';
import { dayOf, IngestHub, Past, startMs } from '../support/ingest-hub.ts';

const month = '2026-03';
const minutesPerDay = 24 * 60;
const afterMs = Date.parse('2026-04-01T00:00:00+08:00');

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

/** Each morning at ten; the hub hears of all of it at the end. */
const tapOnDays = async (days: number) => {
  const past = new Past(hub);
  past.checkIns(...Array.from({ length: days }, (_, day) => day * minutesPerDay));
  hub.nowMs = startMs + (days * minutesPerDay + 60) * 60_000;
  await hub.give(past.message(1, days, days * minutesPerDay));
};
const award = (atMs: number, volunteer = hub.volunteer) =>
  awardHonour(
    hub.store,
    { month, honour: 'patrol-pacesetter', volunteer },
    { by: 'Operator A', reason: 'a reason', atMs, dayOf },
  );

it('is proposed with the figures that the rules looked at', async () => {
  await tapOnDays(12);
  const recorded = await recordContribution(hub.store, {
    ...{ volunteer: hub.volunteer, kind: 'mediation', day: '2026-03-05', points: 40 },
    ...{ text: 'what happened', by: 'Operator A', atMs: afterMs, today: dayOf(afterMs) },
  });
  const propose = (honour: 'patrol-pacesetter' | 'star-of-safety') =>
    proposeHonour(hub.store, month, honour, dayOf);
  const figures = { checkIns: 12, days: 12, stations: 1, nightCheckIns: 0 };
  expect(await propose('patrol-pacesetter')).toEqual([
    {
      ...{ rank: 1, volunteer: hub.volunteer, name: 'Volunteer 1' },
      figures: { ...figures, contributions: 0, contributionPoints: 0 },
    },
  ]);
  expect(await propose('star-of-safety')).toEqual([]);
  await decideContribution(hub.store, {
    ...{ id: recorded, decision: 'approved', by: 'Operator B', atMs: afterMs },
  });
  expect(await propose('star-of-safety')).toMatchObject([
    { figures: { ...figures, contributions: 1, contributionPoints: 40 } },
  ]);
});

it('is awarded once, by a person, when the month is over', async () => {
  await tapOnDays(12);
  await expect(award(afterMs - 1)).rejects.toThrow('not over yet');
  await award(afterMs);
  await expect(award(afterMs)).rejects.toThrow('already');
  expect(await listHonours(hub.store)).toMatchObject([
    { month, volunteer: hub.volunteer, rank: 1, figures: { days: 12 }, by: 'Operator A' },
  ]);
});

it('may go to somebody whom the rules did not propose, and says so', async () => {
  await tapOnDays(2);
  await award(afterMs);
  expect(await listHonours(hub.store)).toMatchObject([{ rank: null, figures: { days: 2 } }]);
});

it('is refused for who is unknown and for what is no month', async () => {
  await expect(award(afterMs, 'vo-00000000')).rejects.toThrow('no volunteer');
  await expect(proposeHonour(hub.store, '2026-13', 'star-of-safety', dayOf)).rejects.toThrow(
    'period',
  );
  await expect(proposeHonour(hub.store, '2026', 'star-of-safety', dayOf)).rejects.toThrow(
    'no month',
  );
});

it('stays once it was awarded', async () => {
  await award(afterMs);
  const { db } = hub.store;
  await expect(db.deleteFrom('honour').execute()).rejects.toThrow('never');
  await expect(db.updateTable('honour').set({ month: '2026-02' }).execute()).rejects.toThrow(
    'never',
  );
});
