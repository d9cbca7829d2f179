import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addCard, assignCard } from '../../hub/app/cards.ts';
import { importVolunteers } from '../../hub/app/import-volunteers.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { cardReference } from '../../hub/domain/card.ts';
import { Pace } from '../../hub/nightly/pace.ts';
import { erasePerson } from '../../hub/privacy/erase-person.ts';
import { dayOf, IngestHub, minuteMs, Past, startMs } from '../support/ingest-hub.ts';
import { dayMin, dayMs, march, nightMs, RetentionScene } from '../support/retention-scene.ts';

const uid = '04A1B2C3';
const by = 'Operator A';
/** When nothing of March can be settled any more: an erasure takes all at once. */
const lateMs = nightMs + 60 * dayMs;

let hub: IngestHub;
let scene: RetentionScene;
beforeEach(async () => {
  hub = await IngestHub.start();
  scene = new RetentionScene(hub);
});
afterEach(async () => {
  expect(await scene.findings()).toEqual([]);
  await hub.stop();
});

const erase = (atMs: number, volunteer = hub.volunteer) =>
  erasePerson(hub.store, { volunteer, by, reason: 'they asked for it', atMs, dayOf }, new Pace());
const cards = () => hub.store.db.selectFrom('card').selectAll().execute();

describe('the next owner of a card that was forgotten', () => {
  const ownerIs = (name: string) => addVolunteer(hub.store, name, by);
  const ways: [string, () => Promise<unknown>][] = [
    ['adds', async () => addCard(hub.store, await ownerIs('Volunteer 2'), uid, by)],
    [
      'assigns',
      async () => {
        const [volunteer, reference] = [await ownerIs('Volunteer 2'), cardReference(hub.card)];
        await assignCard(hub.store, { reference, volunteer, by, atMs: lateMs + 3 * dayMs });
      },
    ],
    [
      'imports',
      () => {
        const text = Buffer.from(`name,card\nVolunteer 2,${uid}\n`);
        return importVolunteers(hub.store, text, { by, atMs: lateMs + 3 * dayMs });
      },
    ],
  ];

  it.each(ways)('gets only what was tapped since: who %s', async (_, issue) => {
    await scene.give([march]);
    await erase(lateMs);
    expect(await cards()).toEqual([]);
    // A station that was offline brings taps from the day before the erasure, and the day after.
    const erasedAt = (lateMs - startMs) / minuteMs;
    hub.nowMs = lateMs + 2 * dayMs;
    const past = new Past(hub).checkIns(erasedAt - dayMin, erasedAt + dayMin);
    await hub.give(past.message(1, 2, erasedAt + 2 * dayMin));
    await issue();
    expect(await cards()).toMatchObject([{ token: hub.card, status: 'active', since_ms: lateMs }]);
    expect(await scene.checkIns()).toMatchObject([
      { volunteer_id: null, outcome: 'unknown-card' },
      { outcome: 'credited', points: 10 },
    ]);
  });
});

it('keeps of a card that was forgotten no more than its token and when', async () => {
  await erase(lateMs);
  const rows = await hub.store.db.selectFrom('forgotten_card').selectAll().execute();
  expect(rows).toEqual([{ token: hub.card, not_before_ms: lateMs }]);
});

it('never gives a card’s second owner’s taps to the third, either', async () => {
  await erase(lateMs);
  const second = await addVolunteer(hub.store, 'Volunteer 2', by);
  await addCard(hub.store, second, uid, by);
  await erase(lateMs + dayMs, second);
  await addCard(hub.store, await addVolunteer(hub.store, 'Volunteer 3', by), uid, by);
  expect(await cards()).toMatchObject([{ since_ms: lateMs + dayMs }]);
});
