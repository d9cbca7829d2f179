import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replayPolicy } from '../../hub/app/policy-replay.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { policySchema } from '../../hub/domain/policy.ts';
import { dayOf, IngestHub } from '../support/ingest-hub.ts';

const first = { pointsPerCheckIn: 10, pausePerStationMin: 60, pointsPerDayMax: 50 };
const day = 24 * 60;

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const taps = (...minutes: number[]): Promise<void> => hub.tapsAt(...minutes);
const balance = async () => (await hub.balances()).volunteer;

describe('a replay', () => {
  const change = {
    ...{ pointsPerCheckIn: 4, pointsPerMonthMax: 40 },
    night: { from: '23:00', to: '04:00', points: 3 },
  };
  const minutes = [0, 70, day, 13 * 60 + 10, 2 * day, 2 * day + 90, 3 * day, 31 * day];
  const ask = (from: string, to: string) => ({
    ...{ policy: policySchema.parse({ ...first, ...change }), from, to },
    minuteOf: dayOf.minuteOf,
  });

  it('says what a hub by those rules would have paid, and writes nothing', async () => {
    await taps(...minutes);
    const was = await balance();
    const other = await IngestHub.start();
    const body = JSON.stringify(policySchema.parse({ ...first, ...change }));
    const row = { version: 2, effective_from: '2026-01-01', body };
    await other.store.db.insertInto('policy').values(row).execute();
    const real = hub;
    hub = other;
    await taps(...minutes);
    const wouldBe = await balance();
    hub = real;
    await other.stop();
    const before = await real.store.db.selectFrom('transfer').selectAll().execute();
    const report = await replayPolicy(real.store.db, ask('2026-03-01', '2026-04-30'));
    expect(report).toMatchObject({ was, wouldBe, checkIns: minutes.length, losing: 1, gaining: 0 });
    expect(report.volunteers).toMatchObject([{ volunteer: real.volunteer, was, wouldBe }]);
    expect(report.byRule.wouldBe.night).toBeGreaterThan(0);
    expect(await real.store.db.selectFrom('transfer').selectAll().execute()).toEqual(before);
  });

  it('of a part of a month enters it with what was earned until then', async () => {
    await taps(0, 70, 140, 210, day);
    const report = await replayPolicy(hub.store.db, ask('2026-03-03', '2026-03-03'));
    expect(report).toMatchObject({ checkIns: 1, was: 10, wouldBe: 0 });
    const volunteer = await addVolunteer(hub.store, 'Volunteer 2', 'test');
    expect(report.volunteers.map((one) => one.volunteer)).not.toContain(volunteer);
  });

  it('names what it does not look at, where the policy says that otherwise', async () => {
    await taps(0);
    const asked = ask('2026-03-01', '2026-03-31');
    expect((await replayPolicy(hub.store.db, asked)).leftOut).toEqual([]);
    const hurried = { ...asked, policy: { ...asked.policy, acceptDays: 2 } };
    expect((await replayPolicy(hub.store.db, hurried)).leftOut).toEqual(['acceptDays']);
  });

  it('is refused for days in the wrong order', async () => {
    const wrong = replayPolicy(hub.store.db, ask('2026-03-03', '2026-03-02'));
    await expect(wrong).rejects.toThrow('the wrong order');
  });
});
