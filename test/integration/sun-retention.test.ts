import { afterEach, beforeEach, expect, it } from 'vitest';
import { addCard } from '../../hub/app/cards.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { refusedMessages, setSunMaster } from '../../hub/app/sun.ts';
import { Pace } from '../../hub/nightly/pace.ts';
import { erasePerson } from '../../hub/privacy/erase-person.ts';
import { exportPerson } from '../../hub/privacy/export-person.ts';
import { sunKeys } from '../../hub/sun/diversify.ts';
import { cardToken } from '../../shared/card-token.ts';
import type { SunMessage } from '../../shared/wire/entry.ts';
import { dayOf, IngestHub, minuteMs, Past, startMs } from '../support/ingest-hub.ts';
import { april, dayMs, march, may, nightMs, RetentionScene } from '../support/retention-scene.ts';
import { VirtualNtag } from '../support/virtual-ntag.ts';

const uid = '04DE5F1EACC040';
const master = '0F0E0D0C0B0A09080706050403020100';
const by = 'Operator A';

let hub: IngestHub;
let scene: RetentionScene;
let card: string;
let ntag: VirtualNtag;
beforeEach(async () => {
  hub = await IngestHub.start();
  scene = new RetentionScene(hub);
  card = cardToken(await hub.store.schemeKey(), uid);
  await addCard(hub.store, hub.volunteer, uid, by);
  await setSunMaster(hub.store, { by, hex: master });
  ntag = new VirtualNtag(uid, sunKeys(Buffer.from(master, 'hex')));
});
afterEach(async () => {
  expect(await scene.findings()).toEqual([]);
  await hub.stop();
});

/** A tap of the card, by a journal of its own. */
async function tap(minute: number, sun: SunMessage): Promise<void> {
  const past = new Past(hub).add(minute, { type: 'check-in', card, sun });
  hub.nowMs = Math.max(hub.nowMs, startMs + (minute + 1) * minuteMs);
  await hub.give(past.message(1, 1, minute));
}
const readings = () => hub.store.db.selectFrom('sun_reading').selectAll().execute();
const outcome = () => hub.receipts.at(-1)?.outcomes?.at(-1)?.outcome;
const reasons = async () => (await refusedMessages(hub.store)).map(({ reason }) => reason);

it('forgets where a card was read, and still takes no message of that time', async () => {
  const [recorded, first, second] = [ntag.read(), ntag.read(), ntag.read()];
  await tap(march, first);
  await tap(march + 90, second);
  expect(await scene.remove()).toMatchObject({ checkIns: 2 });
  expect(await readings()).toEqual([]);
  const now = (nightMs - startMs) / minuteMs;
  for (const [n, old] of [second, first, recorded].entries()) {
    await tap(now + n * 90, old);
    expect(outcome()).toBe('blocked-card');
  }
  expect(await reasons()).toEqual(['backwards', 'backwards', 'replayed']);
  await tap(now + 300, ntag.read());
  expect(outcome()).toBe('credited');
});

it('leaves what was judged by removed messages as it is, and judges by those after them', async () => {
  const [first, second] = [ntag.read(), ntag.read()];
  await tap(march, first);
  await tap(march + 90, second);
  await tap(april, first); // replayed
  const third = ntag.read();
  await tap(april + 90, third);
  await scene.remove();
  expect(await reasons()).toEqual(['replayed']);
  expect(await scene.findings()).toEqual([]);
  await tap(may, third);
  expect(outcome()).toBe('blocked-card');
  await tap(may + 90, ntag.read());
  expect(outcome()).toBe('credited');
  await scene.remove(nightMs + 90 * dayMs);
  await tap((nightMs - startMs) / minuteMs, third);
  expect(outcome()).toBe('blocked-card');
});

it('tells in the audit of an old message that was let through after all', async () => {
  await tap(march, ntag.read());
  await tap(march + 90, ntag.read());
  await tap(april, ntag.read());
  await scene.remove();
  const forged = { counter: 1, card };
  await hub.store.db.updateTable('sun_reading').set(forged).execute();
  expect(await scene.findings()).toEqual([]); // it was there by then, and was judged then
  await tap(may, ntag.read());
  await hub.store.db
    .updateTable('sun_reading')
    .set(forged)
    .where('occurred_ms', '=', startMs + may * minuteMs)
    .execute();
  expect(await scene.findings()).toMatchObject([
    { check: 'messages of cards prove what their counters say' },
  ]);
  await hub.store.db.deleteFrom('sun_reading').execute();
});

it('keeps of an erased person’s card its counter alone, also for who has it next', async () => {
  const message = ntag.read();
  await tap(march, message);
  const asked = { volunteer: hub.volunteer, by, reason: 'they asked for it' };
  const exported = () =>
    exportPerson(hub.store, { ...asked, atMs: nightMs, timeZone: 'Asia/Shanghai' });
  const { held } = await exported();
  expect(held).toMatchObject({ checkIns: [{ messageCounter: 1, messageFault: null }] });
  hub.nowMs = nightMs;
  await erasePerson(hub.store, { ...asked, atMs: nightMs, dayOf }, new Pace());
  expect(await readings()).toEqual([]);
  const next = await addVolunteer(hub.store, 'Volunteer 2', by);
  await addCard(hub.store, next, uid, by);
  await tap((nightMs - startMs) / minuteMs + 1, message);
  expect(outcome()).toBe('blocked-card');
  const theirs = await exportPerson(hub.store, {
    ...{ ...asked, volunteer: next, atMs: nightMs, timeZone: 'Asia/Shanghai' },
  });
  expect(theirs.held).toMatchObject({ cards: { counters: [{ card, counter: 1 }] } });
});
