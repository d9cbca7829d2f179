import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acknowledgeAlarm } from '../../hub/app/alarms.ts';
import { addCard } from '../../hub/app/cards.ts';
import { decideReview, listReviews } from '../../hub/app/decisions.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { Outgoing } from '../../hub/feed/outgoing.ts';
import { raiseAlarm } from '../../hub/ingest/alarm-rows.ts';
import { cardToken } from '../../shared/card-token.ts';
import { dayOf, IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';

const uid = '04D4E5F6';

describe('a card that is given to somebody after it was tapped', () => {
  let hub: IngestHub;
  let card: string;
  let volunteer: string;

  beforeEach(async () => {
    hub = await IngestHub.start();
    card = cardToken(await hub.store.schemeKey(), uid);
    volunteer = await addVolunteer(hub.store, 'Volunteer 2', 'test');
  });
  afterEach(() => hub.stop());

  const taps = (past: Past, ...minutes: number[]): Past => {
    for (const minute of minutes) past.add(minute, { type: 'check-in', card });
    return past;
  };
  const pointsOf = async (id: string): Promise<number | undefined> =>
    (
      await hub.store.db
        .selectFrom('account')
        .select('balance')
        .where('volunteer_id', '=', id)
        .executeTakeFirst()
    )?.balance;
  const outcomes = async (): Promise<string[]> =>
    (
      await hub.store.db.selectFrom('check_in').select('outcome').orderBy('journal_id').execute()
    ).map(({ outcome }) => outcome);

  it('counts from its first tap on, by the rules of the day', async () => {
    const past = taps(new Past(hub), 0, 5, 70);
    await hub.give(past.message(1, 3));
    expect(await outcomes()).toEqual(['unknown-card', 'unknown-card', 'unknown-card']);
    await addCard(hub.store, volunteer, uid, 'Operator 1');
    expect(await outcomes()).toEqual(['credited', 'already-checked-in', 'credited']);
    expect(await pointsOf(volunteer)).toBe(20);
    expect((await hub.balances()).sum).toBe(0);
    await hub.give(taps(past, 75).message(4, 4));
    expect(await pointsOf(volunteer)).toBe(20);
  });

  it('counts as before when a hub from a backup learns of the card anew', async () => {
    const goBack = await hub.backUp();
    await addCard(hub.store, volunteer, uid, 'Operator 1');
    const past = taps(new Past(hub), 0);
    await hub.give(past.message(1, 1));
    expect(await pointsOf(volunteer)).toBe(10);
    await goBack();
    await hub.give(past.message(1, 1, 118));
    expect(await pointsOf(volunteer)).toBe(0);
    await addCard(hub.store, volunteer, uid, 'Operator 1');
    expect(await pointsOf(volunteer)).toBe(10);
  });

  it('leaves a tap of a doubtful date to a person', async () => {
    const past = new Past(hub);
    const old = startMs - 60 * 24 * 60 * minuteMs;
    past.add(0, { type: 'check-in', card }, reading(0, { wallMs: old }));
    await hub.give(past.message(1, 1));
    await addCard(hub.store, volunteer, uid, 'Operator 1');
    expect(await outcomes()).toEqual(['held-for-review']);
    const [held] = await listReviews(hub.store);
    const by = { by: 'Operator 1', reason: 'seen there', atMs: hub.nowMs, dayOf };
    await decideReview(hub.store, held?.id ?? 0, 'accepted', by);
    expect(await pointsOf(volunteer)).toBe(10);
  });
});

describe('an alarm that the light has told of before its own entry came', () => {
  it('is dated by its entry', async () => {
    const hub = await IngestHub.start();
    const past = new Past(hub, 'alarm').add(100, { type: 'alarm', gesture: 'hold' });
    const key = { station: hub.station, epoch: past.epoch, seq: 1 };
    await hub.store.db.transaction().execute((trx) => {
      const work = { trx, outgoing: new Outgoing(), nowMs: hub.nowMs, nameOf: () => 'Station 1' };
      return raiseAlarm(work, { ...key, raisedMs: hub.nowMs, how: 'latched' });
    });
    await hub.give(past.message(1, 1), hub.macKey, 'alarm');
    const alarm = await hub.store.db.selectFrom('alarm').selectAll().executeTakeFirst();
    expect(alarm?.raised_ms).toBe(startMs + 100 * minuteMs);
    await hub.stop();
  });
});

describe('an action without a name', () => {
  it('is refused, and changes nothing', async () => {
    const hub = await IngestHub.start();
    await hub.give(
      new Past(hub, 'alarm').add(119, { type: 'alarm', gesture: 'hold' }).message(1, 1),
      hub.macKey,
      'alarm',
    );
    await expect(acknowledgeAlarm(hub.store, 1, ' ')).rejects.toThrow('must not be blank');
    const alarm = await hub.store.db.selectFrom('alarm').selectAll().executeTakeFirst();
    expect(alarm).toMatchObject({ acknowledged_ms: null, acknowledged_by: null });
    const by = { by: 'Operator 1', reason: ' ', atMs: 0, dayOf };
    await expect(decideReview(hub.store, 1, 'accepted', by)).rejects.toThrow('the reason');
    await hub.stop();
  });
});
