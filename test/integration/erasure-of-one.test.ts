import { afterEach, beforeEach, expect, it } from 'vitest';
import { addCard } from '../../hub/app/cards.ts';
import { replayPolicy } from '../../hub/app/policy-replay.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { replayText } from '../../hub/cli/policy-text.ts';
import { policySchema } from '../../hub/domain/policy.ts';
import { proposeHonour } from '../../hub/honours/candidates.ts';
import { decideContribution, recordContribution } from '../../hub/ledger/contributions.ts';
import { Pace } from '../../hub/nightly/pace.ts';
import { erasePerson } from '../../hub/privacy/erase-person.ts';
import { makeReport } from '../../hub/reports/make-report.ts';
import { periodOf } from '../../hub/reports/period.ts';
import { removedText } from '../../hub/reports/report.ts';
import { cardToken } from '../../shared/card-token.ts';
import { dayOf, IngestHub, Past } from '../support/ingest-hub.ts';
import { dayMin, nightMs, RetentionScene } from '../support/retention-scene.ts';

const month = '2026-03';
const by = 'Operator A';

let hub: IngestHub;
let scene: RetentionScene;
let other: string;
beforeEach(async () => {
  hub = await IngestHub.start();
  scene = new RetentionScene(hub);
  other = await addVolunteer(hub.store, 'Volunteer 2', 'test');
  await addCard(hub.store, other, '04D4E5F6', 'test');
  const card = cardToken(await hub.store.schemeKey(), '04D4E5F6');
  const mornings = Array.from({ length: 12 }, (_, day) => day * dayMin);
  await scene.give(mornings);
  await scene.give(
    mornings.map((minute) => minute + 1),
    new Past({ station: hub.station, card }),
  );
});
afterEach(() => hub.stop());

const erase = (volunteer: string) =>
  erasePerson(
    hub.store,
    { volunteer, by, reason: 'they asked for it', atMs: nightMs, dayOf },
    new Pace(),
  );
const report = (period: string) => makeReport(hub.store, periodOf(period), 'Asia/Shanghai');

it('leaves the others in reports, which say how many are missing', async () => {
  expect(removedText(await report(month), 'en')).toBeUndefined();
  expect(await erase(hub.volunteer)).toMatchObject({ checkIns: 12 });
  const made = await report('2026-Q1');
  const [volunteers] = made.tables;
  expect(volunteers?.rows).toEqual([[other, 'Volunteer 2', 12, 12, 12, 120]]);
  expect(made).toMatchObject({ removed: [], erased: { people: 1, months: [month] }, ties: true });
  expect(removedText(made, 'en')).toBe(
    'The check-ins of 1 person in 2026-03 were removed by erasure: below, only the settlement knows those.',
  );
  expect(removedText(await report('2026-04'), 'en')).toBeUndefined();
  await erase(other);
  expect(removedText(await report(month), 'zh')).toContain('2026-03 有 2 人的签到明细');
});

it('is no longer told apart in reports once everybody’s check-ins are gone', async () => {
  await erase(hub.volunteer);
  await scene.remove();
  const made = await report(month);
  expect(made).toMatchObject({ removed: [month], erased: { people: 0 } });
  expect(removedText(made, 'en')).toContain('The check-ins of 2026-03 were removed after');
  expect(removedText(made, 'en')).not.toContain('erasure');
});

it('leaves the others to be proposed for honours, and proposes nobody who was erased', async () => {
  const recorded = await recordContribution(hub.store, {
    ...{ volunteer: hub.volunteer, kind: 'mediation', day: '2026-03-05', points: 40 },
    ...{ text: 'what happened', by, atMs: hub.nowMs, today: dayOf(hub.nowMs) },
  });
  await decideContribution(hub.store, {
    ...{ id: recorded, decision: 'approved', by: 'Operator B', atMs: hub.nowMs },
  });
  await erase(hub.volunteer);
  const propose = (honour: 'patrol-pacesetter' | 'star-of-safety') =>
    proposeHonour(hub.store, month, honour, dayOf);
  expect(await propose('patrol-pacesetter')).toMatchObject([
    { rank: 1, volunteer: other, figures: { checkIns: 12, days: 12 } },
  ]);
  expect(await propose('star-of-safety')).toEqual([]);
});

it('is said where a policy is replayed on months in which somebody is missing', async () => {
  const policy = policySchema.parse({
    ...{ pointsPerCheckIn: 20, pausePerStationMin: 60, pointsPerDayMax: 50 },
  });
  const replay = (from: string, to: string) =>
    replayPolicy(hub.store.db, { policy, from, to, minuteOf: dayOf.minuteOf });
  const said = 'Check-ins of 1 person in 2026-03 were removed by erasure, and are no part of this.';
  expect(replayText(await replay('2026-03-01', '2026-03-31'))).not.toContain('erasure');
  await erase(hub.volunteer);
  const found = await replay('2026-03-01', '2026-03-31');
  expect(found).toMatchObject({ checkIns: 12, was: 120, wouldBe: 240 });
  expect(replayText(found)).toContain(said);
  expect(replayText(await replay('2026-04-01', '2026-04-30'))).not.toContain('erasure');
});
