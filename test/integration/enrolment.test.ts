import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listCards, unknownCards } from '../../hub/app/card-reports.ts';
import { assignCard, replaceCard } from '../../hub/app/cards.ts';
import { askForCard, cancelEnrolment, enrolmentOf } from '../../hub/app/enrolments.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { audit } from '../../hub/audit/audit.ts';
import { cardReference } from '../../hub/domain/card.ts';
import { IngestHub, minuteMs, Past, startMs } from '../support/ingest-hub.ts';

const request = 'en-000000000001';
const fresh = 'b'.repeat(32);
const another = 'c'.repeat(32);
const by = { by: 'Operator 1' };
/** Between the asking at minute 118 and the hub's now, minute 118 and some seconds. */
const askedMs = startMs + 118 * minuteMs;

describe('a card that an operator waits for at a station', () => {
  let hub: IngestHub;
  let volunteer: string;
  let past: Past;

  beforeEach(async () => {
    hub = await IngestHub.start();
    hub.nowMs = askedMs + 20_000;
    volunteer = await addVolunteer(hub.store, 'Volunteer 2', 'test');
    past = new Past(hub);
    await hub.store.db
      .insertInto('station_presence')
      .values({ station: hub.station, state: 'online', session: 's', since_ms: 0, heard_ms: 0 })
      .execute();
  });
  afterEach(async () => {
    expect((await audit(hub.store)).findings).toEqual([]);
    await hub.stop();
  });

  const ask = (more: object = {}) => {
    const asked = { volunteer, station: hub.station, ...by, atMs: askedMs };
    return askForCard(hub.store, { ...asked, newRequest: () => request, ...more });
  };
  /** One message of taps with the request, of which none is at the same time as another. */
  async function tap(...cards: string[]): Promise<void> {
    const from = past.texts.length + 1;
    for (const card of cards) {
      past.add(118 + past.texts.length / 100, { type: 'check-in', card, enrol: request });
    }
    await hub.give(past.message(from, past.texts.length, 118.5 + past.texts.length / 1000));
  }
  const state = async (id: number) => (await enrolmentOf(hub.store, id, hub.nowMs)).state;
  const answers = () => hub.receipts.at(-1)?.outcomes.map(({ outcome }) => outcome);
  const points = async (id: string) => {
    const accounts = hub.store.db.selectFrom('account').select('balance');
    return (await accounts.where('volunteer_id', '=', id).executeTakeFirst())?.balance;
  };

  it('is theirs when it comes twice alike; neither reading earns anything, an earlier tap does', async () => {
    past.add(10, { type: 'check-in', card: fresh });
    await hub.give(past.message(1, 1));
    const id = await ask();
    await tap(fresh);
    expect(answers()).toEqual(['unknown-card']);
    expect(await state(id)).toBe('waiting');
    await tap(fresh);
    expect(answers()).toEqual(['recorded']);
    expect(await enrolmentOf(hub.store, id)).toMatchObject({
      ...{ state: 'enrolled', volunteer, card: cardReference(fresh) },
    });
    expect(await points(volunteer)).toBe(10);
    expect((await hub.balances()).sum).toBe(0);
    past.add(119, { type: 'check-in', card: fresh });
    await hub.give(past.message(4, 4));
    expect(answers()).toEqual(['credited']);
    const actions = await hub.store.db.selectFrom('operator_action').selectAll().execute();
    expect(actions.at(-1)).toMatchObject({ ...by, action: 'card enrol', subject: volunteer });
  });

  it('is theirs when both readings come in one message', async () => {
    const id = await ask();
    await tap(fresh, fresh);
    expect([await state(id), answers()]).toEqual(['enrolled', ['recorded', 'recorded']]);
    expect(await points(volunteer)).toBe(0);
  });

  it('has to come twice alike without another in between, as a number that changes never does', async () => {
    const id = await ask();
    await tap(fresh, another, fresh);
    expect(await state(id)).toBe('waiting');
    await tap(fresh);
    expect(await state(id)).toBe('enrolled');
  });

  it('is not one that somebody has: that is a check-in, and the operator is told whose it is', async () => {
    const id = await ask();
    await tap(hub.card, hub.card);
    expect(answers()).toEqual(['credited', 'already-checked-in']);
    expect(await enrolmentOf(hub.store, id, hub.nowMs)).toMatchObject({
      ...{ state: 'waiting', refused: hub.volunteer, card: null },
    });
  });

  it('is nobody’s when it comes too late, elsewhere, or after it was called off', async () => {
    const id = await ask();
    hub.nowMs = askedMs + 66_000;
    await tap(fresh, fresh);
    expect([await state(id), answers()]).toEqual(['expired', ['unknown-card', 'unknown-card']]);
    const next = 'en-000000000002';
    const second = await ask({ atMs: hub.nowMs, newRequest: () => next });
    await expect(ask({ atMs: hub.nowMs })).rejects.toThrow(/waits for a card of .* already/);
    await cancelEnrolment(hub.store, hub.station, { ...by, atMs: hub.nowMs });
    expect(await state(second)).toBe('cancelled');
    await tap(fresh, fresh);
    expect(answers()).toEqual(['unknown-card', 'unknown-card']);
    const commands = (await hub.outgoing()).map(({ body }) => body['command']);
    expect(commands).toContainEqual({ name: 'enrol', request: next, forMs: 60_000 });
    expect(commands).toContainEqual({ name: 'enrol-over', request: next });
  });

  it('takes the place of a lost one, which is replaced in the same moment', async () => {
    await ask({ volunteer: hub.volunteer, replaces: hub.volunteer });
    await tap(fresh, fresh);
    const cards = await listCards(hub.store);
    expect(cards.map(({ card, status }) => [card, status])).toEqual(
      [
        [cardReference(hub.card), 'replaced'],
        [cardReference(fresh), 'active'],
      ].sort(),
    );
  });

  it('is refused where it could never come', async () => {
    await expect(ask({ station: 'st-00000000' })).rejects.toThrow(/no station/);
    await expect(ask({ volunteer: 'vo-00000000' })).rejects.toThrow(/no volunteer/);
    await expect(ask({ replaces: cardReference(hub.card) })).rejects.toThrow(/'s$/);
    await hub.store.db.updateTable('station_presence').set({ state: 'silent' }).execute();
    await expect(ask()).rejects.toThrow(/is silent/);
  });

  it('that was tapped by itself is listed, and given to a person with its earlier taps', async () => {
    for (const minute of [0, 70]) past.add(minute, { type: 'check-in', card: fresh });
    await hub.give(past.message(1, 2));
    const [unknown] = await unknownCards(hub.store);
    const at = (minute: number) => new Date(startMs + minute * minuteMs).toISOString();
    expect(unknown).toEqual({
      ...{ card: cardReference(fresh), taps: 2, firstAt: at(0) },
      last: { station: hub.station, stationName: 'Station 1', at: at(70) },
    });
    const reference = cardReference(another);
    await expect(assignCard(hub.store, { reference, volunteer, ...by })).rejects.toThrow(/tapped/);
    await assignCard(hub.store, { reference: cardReference(fresh), volunteer, ...by });
    expect([await points(volunteer), await unknownCards(hub.store)]).toEqual([20, []]);
    past.add(72, { type: 'check-in', card: another });
    await hub.give(past.message(3, 3));
    await replaceCard(hub.store, { subject: volunteer, ...by }, { reference });
    expect(await points(volunteer)).toBe(20);
  });
});
