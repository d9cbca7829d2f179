import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { showCard } from '../../hub/app/card-reports.ts';
import { addCard, changeCard } from '../../hub/app/cards.ts';
import { askForCard, enrolmentOf } from '../../hub/app/enrolments.ts';
import { replayPolicy } from '../../hub/app/policy-replay.ts';
import { status } from '../../hub/app/reports.ts';
import { refusedMessages, setSunMaster } from '../../hub/app/sun.ts';
import { audit } from '../../hub/audit/audit.ts';
import { cardReference } from '../../hub/domain/card.ts';
import { policySchema } from '../../hub/domain/policy.ts';
import { sunKeys } from '../../hub/sun/diversify.ts';
import { cardToken } from '../../shared/card-token.ts';
import type { SunMessage } from '../../shared/wire/entry.ts';
import { IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';
import { VirtualNtag } from '../support/virtual-ntag.ts';

const uid = '04DE5F1EACC040';
const master = '0F0E0D0C0B0A09080706050403020100';
const by = 'Operator 1';

describe('a card that proves at each tap that it is itself', () => {
  let hub: IngestHub;
  let card: string;
  let ntag: VirtualNtag;
  /** Two lanes, so that what happened first may arrive last. */
  let here: Past;
  let there: Past;

  beforeEach(async () => {
    hub = await IngestHub.start();
    card = cardToken(await hub.store.schemeKey(), uid);
    await addCard(hub.store, hub.volunteer, uid, by);
    await setSunMaster(hub.store, { by, hex: master });
    ntag = new VirtualNtag(uid, sunKeys(Buffer.from(master, 'hex')));
    [here, there] = [new Past(hub), new Past(hub)];
  });
  afterEach(async () => {
    expect((await audit(hub.store)).findings).toEqual([]);
    await hub.stop();
  });

  const tap = (past: Past, minute: number, sun?: SunMessage, of = card): Past =>
    past.add(minute, { type: 'check-in', card: of, ...(sun && { sun }) });
  const give = (past: Past, from = 1): Promise<void> =>
    hub.give(past.message(from, past.texts.length, 118 + past.texts.length / 100));
  /** In the order in which they happened. */
  const outcomes = async () => {
    const rows = hub.store.db.selectFrom('check_in').select('outcome').orderBy('occurred_ms');
    return (await rows.execute()).map(({ outcome }) => outcome);
  };
  const reasons = async () => (await refusedMessages(hub.store)).map(({ reason }) => reason);
  const told = async () =>
    (await hub.outgoing())
      .filter(({ topic, body }) => topic.endsWith('/card') && body['state'] === 'refused')
      .map(({ body }) => body['reason']);

  it('is credited, and it is recorded by what it was known', async () => {
    await give(tap(here, 0, ntag.read()));
    expect(await outcomes()).toEqual(['credited']);
    const reference = cardReference(card);
    expect((await showCard(hub.store, reference)).lastTap).toMatchObject({ trust: 'sun' });
    await give(tap(here, 70), 2);
    expect((await showCard(hub.store, reference)).lastTap).toMatchObject({ trust: 'uid' });
    expect(await outcomes()).toEqual(['credited', 'credited']);
  });

  it('earns nothing by a message that was used before, and the operator is told', async () => {
    const message = ntag.read();
    await give(tap(here, 0, message));
    await give(tap(there, 70, message));
    expect(await outcomes()).toEqual(['credited', 'blocked-card']);
    expect(hub.receipts.at(-1)?.outcomes).toMatchObject([{ outcome: 'blocked-card' }]);
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
    expect([await reasons(), await told()]).toEqual([['replayed'], ['replayed']]);
    expect((await status(hub.store)).refusedMessages).toBe(1);
    const text = JSON.stringify(await hub.outgoing());
    for (const secret of [card, uid, master]) {
      expect(text.toUpperCase()).not.toContain(secret.toUpperCase());
    }
  });

  it('earns nothing by a message that was read from it earlier and kept', async () => {
    const kept = ntag.read();
    await give(tap(here, 0, ntag.read()));
    await give(tap(there, 70, kept));
    expect([await outcomes(), await reasons()]).toEqual([
      ['credited', 'blocked-card'],
      ['backwards'],
    ]);
  });

  it('counts a tap that arrives late, although the card has gone on', async () => {
    tap(here, 0, ntag.read());
    await give(tap(there, 70, ntag.read()));
    await give(here);
    expect([await outcomes(), await reasons()]).toEqual([['credited', 'credited'], []]);
  });

  it('takes back what a copied message earned when the card’s own tap arrives after it', async () => {
    const message = ntag.read();
    tap(here, 0, message);
    await give(tap(there, 70, message));
    expect((await hub.balances()).volunteer).toBe(10);
    await give(here);
    expect([await outcomes(), await reasons()]).toEqual([
      ['credited', 'blocked-card'],
      ['replayed'],
    ]);
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
    expect(await told()).toEqual(['replayed']);
  });

  it('says the same when both come in one message, the later one first dated', async () => {
    const message = ntag.read();
    await give(tap(tap(here, 0, message), 70, message));
    expect([await outcomes(), await reasons()]).toEqual([
      ['credited', 'blocked-card'],
      ['replayed'],
    ]);
  });

  it('is judged anew when the clock is set that its tap was dated by', async () => {
    const [first, second] = [ntag.read(), ntag.read()];
    const unset = { synced: false, wallMs: 0, boot: 'boot-2' };
    here.add(0, { type: 'check-in', card, sun: first }, reading(1, unset));
    const sent = { sent: reading(119, { boot: 'boot-3' }) };
    await give(tap(there, 70, second));
    await hub.give(here.message(1, 1, 119, sent));
    expect(await reasons()).toEqual(['backwards']);
    here.add(0, { type: 'clock' }, reading(20, { boot: 'boot-2' }));
    await hub.give(here.message(2, 2, 119, sent));
    expect([await outcomes(), await reasons()]).toEqual([['credited', 'credited'], []]);
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
  });

  it('earns nothing by a message under another key, of another card, or cut short', async () => {
    const stranger = new VirtualNtag(uid, sunKeys(Buffer.alloc(16)));
    const other = new VirtualNtag('04DE5F1EACC041', sunKeys(Buffer.from(master, 'hex')));
    const { picc, cmac } = ntag.read();
    tap(here, 0, stranger.read());
    tap(here, 1, other.read());
    tap(here, 2, { picc: picc.slice(2), cmac });
    tap(here, 3, { picc, cmac: cmac.slice(2) });
    tap(here, 4, { picc, cmac: `${cmac.slice(2)}${cmac.slice(0, 2)}` });
    tap(here, 5, { picc, cmac });
    await give(here);
    expect(await outcomes()).toEqual([...Array(5).fill('blocked-card'), 'credited']);
    expect((await reasons()).reverse()).toEqual([
      ...['unreadable', 'other-card', 'truncated', 'truncated', 'wrong-mac'],
    ]);
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
  });

  it('is asked for by the policy of a day: a card that only shows its UID earns nothing then', async () => {
    const body = { pointsPerCheckIn: 10, pausePerStationMin: 60, pointsPerDayMax: 50 };
    const policy = { version: 2, effective_from: '2026-03-02' };
    const strict = JSON.stringify({ ...body, cardTrust: 'sun' });
    await hub.store.db
      .insertInto('policy')
      .values({ ...policy, body: strict })
      .execute();
    await give(tap(tap(here, 0), 10, ntag.read()));
    expect([await outcomes(), await told()]).toEqual([
      ['blocked-card', 'credited'],
      ['no-message'],
    ]);
    const before = startMs - 24 * 60 * minuteMs;
    there.add(0, { type: 'check-in', card }, reading(0, { wallMs: before }));
    await give(there);
    expect((await outcomes())[0]).toBe('credited');
  });

  it.each([
    { was: 'uid', asks: 'sun', replayed: [30, 10] },
    { was: 'sun', asks: 'uid', replayed: [10, 30] },
  ] as const)(
    'is what a replay of a policy that asks for $asks instead of $was counts by',
    async ({ was, asks, replayed }) => {
      const { db } = hub.store;
      const body = { pointsPerCheckIn: 10, pausePerStationMin: 20, pointsPerDayMax: 50 };
      const first = { version: 2, effective_from: '2026-03-02' };
      await db
        .insertInto('policy')
        .values({ ...first, body: JSON.stringify({ ...body, cardTrust: was }) })
        .execute();
      const used = ntag.read();
      tap(tap(here, 0), 70, used);
      // Neither is worth anything by any rule: a message that was used before, a card that is out of use.
      tap(tap(here, 80, used), 100);
      await give(here);
      const sinceMs = startMs + 110 * minuteMs;
      const subject = cardReference(card);
      await changeCard(hub.store, 'lost', { subject, by, sinceMs, atMs: hub.nowMs });
      await give(tap(here, 112, ntag.read()), 5);
      const report = await replayPolicy(db, {
        ...{ policy: policySchema.parse({ ...body, cardTrust: asks }), minuteOf: () => 0 },
        ...{ from: '2026-03-02', to: '2026-03-02' },
      });
      expect([report.was, report.wouldBe]).toEqual(replayed);
      expect(report.leftOut).toEqual([]);
    },
  );

  it('is given to nobody by a forged message', async () => {
    const { db } = hub.store;
    const [request, fresh] = ['en-000000000001', 'b'.repeat(32)];
    const presence = { station: hub.station, state: 'online', session: 's' };
    await db
      .insertInto('station_presence')
      .values({ ...presence, since_ms: 0, heard_ms: 0 })
      .execute();
    const asked = { volunteer: hub.volunteer, station: hub.station, by, atMs: hub.nowMs };
    const id = await askForCard(hub.store, { ...asked, newRequest: () => request });
    const forged = { type: 'check-in', card: fresh, enrol: request, sun: ntag.read() };
    await give(here.add(118, forged).add(118.1, forged));
    expect((await enrolmentOf(hub.store, id, hub.nowMs)).state).toBe('waiting');
  });
});

describe('a hub without a key for such cards', () => {
  it('knows them by their UID, and is given one key once', async () => {
    const hub = await IngestHub.start();
    const sun = new VirtualNtag('04A1B2C3D4E5F6', sunKeys(Buffer.alloc(16))).read();
    const past = new Past(hub).add(0, { type: 'check-in', card: hub.card, sun });
    await hub.give(past.message(1, 1));
    expect((await hub.balances()).volunteer).toBe(10);
    await expect(setSunMaster(hub.store, { by, hex: '00' })).rejects.toThrow(/16 bytes/);
    await setSunMaster(hub.store, { by });
    await expect(setSunMaster(hub.store, { by })).rejects.toThrow(/already/);
    const actions = await hub.store.db.selectFrom('operator_action').selectAll().execute();
    const kept = await hub.store.db.selectFrom('meta').selectAll().execute();
    const key = kept.find((row) => row.key === 'sun-master-key')?.value ?? '';
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.stringify(actions)).not.toContain(key);
    await hub.stop();
  });
});
