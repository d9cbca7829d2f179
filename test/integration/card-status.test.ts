import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listCards, showCard } from '../../hub/app/card-reports.ts';
import { addCard, assignCard, changeCard, replaceCard } from '../../hub/app/cards.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { status } from '../../hub/app/reports.ts';
import { showVolunteer } from '../../hub/app/volunteers.ts';
import { audit } from '../../hub/audit/audit.ts';
import { cardReference } from '../../hub/domain/card.ts';
import { statementOf } from '../../hub/ledger/statement.ts';
import { cardToken } from '../../shared/card-token.ts';
import { IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';

const uid = '04D4E5F6';
const at = (minute: number): number => startMs + minute * minuteMs;

describe('what becomes of a card', () => {
  let hub: IngestHub;
  let card: string;

  beforeEach(async () => {
    hub = await IngestHub.start();
    card = cardReference(hub.card);
  });
  afterEach(async () => {
    expect((await audit(hub.store)).findings).toEqual([]);
    await hub.stop();
  });

  const say = (
    change: Parameters<typeof changeCard>[1],
    minute: number,
    more: { subject?: string; sinceMs?: number } = {},
  ) =>
    changeCard(hub.store, change, { subject: card, by: 'Operator 1', atMs: at(minute), ...more });
  const outcomes = async (): Promise<string[]> =>
    (
      await hub.store.db.selectFrom('check_in').select('outcome').orderBy('occurred_ms').execute()
    ).map(({ outcome }) => outcome);
  const told = async (state: string) =>
    (await hub.outgoing())
      .filter(({ topic, body }) => topic.endsWith('/feed/card') && body['state'] === state)
      .map(({ body }) => body);

  it('is shown by its reference, or by who has just one', async () => {
    const shown = await showCard(hub.store, card);
    expect(await showCard(hub.store, hub.volunteer)).toEqual(shown);
    await addCard(hub.store, hub.volunteer, '04D4E5F7', 'Operator 1');
    await expect(showCard(hub.store, hub.volunteer)).rejects.toThrow('several cards, say which');
    const other = await addVolunteer(hub.store, 'Volunteer 2', 'test');
    await expect(showCard(hub.store, other)).rejects.toThrow(`${other} has no card`);
    const { cards } = await showVolunteer(hub.store, hub.volunteer);
    expect(cards).toContainEqual({ card, status: 'active' });
  });

  it('refuses a lost card from then on, and shows and tells where it was tapped', async () => {
    await say('lost', 10);
    await hub.give(new Past(hub).checkIns(5, 20).message(1, 2));
    expect(await outcomes()).toEqual(['credited', 'blocked-card']);
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
    const tap = {
      station: hub.station,
      stationName: 'Station 1',
      at: new Date(at(20)).toISOString(),
    };
    expect(await listCards(hub.store)).toEqual([
      expect.objectContaining({ card, status: 'lost', by: 'Operator 1', refusedTap: tap }),
    ]);
    expect((await status(hub.store)).tappedCards).toEqual([
      { card, status: 'lost', volunteer: hub.volunteer, ...tap },
    ]);
    expect(await told('tapped')).toEqual([
      expect.objectContaining({ card, status: 'lost', volunteer: { id: hub.volunteer }, ...tap }),
    ]);
    expect(JSON.stringify(await hub.outgoing())).not.toContain(hub.card);
  });

  it('counts a tap from before the loss that arrives after it was reported, in any order', async () => {
    const past = new Past(hub).checkIns(0, 70, 80);
    await hub.give(past.message(1, 1));
    await say('lost', 75);
    await hub.give(past.message(2, 3));
    expect(await outcomes()).toEqual(['credited', 'credited', 'blocked-card']);
    expect((await hub.balances()).volunteer).toBe(20);
  });

  it('takes back what was credited since the loss, when that is said later', async () => {
    const past = new Past(hub).checkIns(0, 70);
    await hub.give(past.message(1, 2));
    expect((await hub.balances()).volunteer).toBe(20);
    await say('lost', 110, { sinceMs: at(60) });
    expect(await outcomes()).toEqual(['credited', 'blocked-card']);
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
    const always = { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, timeZone: 'Asia/Shanghai' };
    const { lines } = await statementOf(hub.store, hub.volunteer, always);
    expect(lines.find(({ code }) => code === 'correction')?.why.en).toContain(
      'the card was lost, blocked or not valid when it was tapped',
    );
    expect(await told('tapped')).toHaveLength(1);
    await say('unblock', 111, { sinceMs: at(60) });
    expect(await outcomes()).toEqual(['credited', 'credited']);
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
    const after = await statementOf(hub.store, hub.volunteer, always);
    const why = after.lines.find(({ code, change }) => code === 'correction' && change > 0)?.why;
    expect(why?.en).toContain('or what was known of a card changed, and');
    expect(why?.zh).toContain('当天的其他签到记录或卡片信息后来有变化');
    expect(why?.ko).toContain('그날의 다른 체크인이나 카드에 관한 정보가 나중에 확인되거나 바뀌어');
  });

  it('judges a tap that is dated anew by what the card was at its new time', async () => {
    await say('lost', 30);
    // Its own clock is wrong: it lies somewhere before its arrival, until the clock is set.
    const unset = { synced: false, wallMs: 0, boot: 'boot-2' };
    const past = new Past(hub).checkIn(reading(10, unset));
    await hub.give(past.message(1, 1, 119, { sent: reading(119, { boot: 'boot-3' }) }));
    expect(await outcomes()).toEqual(['blocked-card']);
    past.add(0, { type: 'clock' }, reading(20, { boot: 'boot-2' }));
    await hub.give(past.message(2, 2, 119, { sent: reading(119, { boot: 'boot-3' }) }));
    expect(await outcomes()).toEqual(['credited']);
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
  });

  it('gives a returned card to somebody else, each with what was tapped in their time', async () => {
    const other = await addVolunteer(hub.store, 'Volunteer 2', 'test');
    const past = new Past(hub).checkIns(0, 70, 75, 100, 110);
    await hub.give(past.message(1, 1));
    await say('return', 72);
    const { db } = hub.store;
    const before = await db.selectFrom('check_in').selectAll().execute();
    expect(before).toHaveLength(1);
    await hub.give(past.message(2, 2));
    await changeCard(hub.store, 'unblock', { subject: card, by: 'Operator 1' }).then(
      () => expect.fail('a returned card is nobody’s to unblock'),
      (error: Error) => expect(error.message).toMatch(/is returned already/),
    );
    const by = { by: 'Operator 1', atMs: at(90) };
    await assignCard(hub.store, { reference: card, volunteer: other, ...by });
    await hub.give(past.message(3, 5));
    const owners = await db.selectFrom('check_in').selectAll().orderBy('occurred_ms').execute();
    expect(owners.map((row) => [row.volunteer_id === other, row.outcome])).toEqual([
      [false, 'credited'],
      [false, 'credited'],
      [false, 'blocked-card'],
      [true, 'credited'],
      [true, 'already-checked-in'],
    ]);
    expect(await hub.balances()).toEqual({ volunteer: 20, sum: 0 });
    expect((await showCard(hub.store, card)).events.map((event) => event.status)).toEqual([
      'active',
      'returned',
      'active',
    ]);
  });

  it('replaces a card: the old one counts no more, the new one does, from its first tap on', async () => {
    const token = cardToken(await hub.store.schemeKey(), uid);
    const past = new Past(hub).add(0, { type: 'check-in', card: token }).checkIns(70);
    await hub.give(past.message(1, 2));
    const request = { subject: hub.volunteer, by: 'Operator 1', sinceMs: at(65) };
    const made = await replaceCard(hub.store, request, { uid });
    expect(made).toEqual({ before: card, card: cardReference(token) });
    expect(await outcomes()).toEqual(['credited', 'blocked-card']);
    expect(await hub.balances()).toEqual({ volunteer: 10, sum: 0 });
  });

  it('is refused with a clear line when it cannot be', async () => {
    await expect(say('unblock', 1)).rejects.toThrow(`the card ${card} is active already`);
    await expect(say('lost', 1, { subject: 'ca-0123' })).rejects.toThrow(/neither a card/);
    await expect(say('lost', 1, { subject: 'ca-000000000000' })).rejects.toThrow(
      /no volunteer has/,
    );
    await expect(say('lost', 1, { subject: 'vo-00000000' })).rejects.toThrow(/has no card that is/);
    await expect(say('lost', 1, { sinceMs: at(2) })).rejects.toThrow(/cannot be said yet/);
    await expect(addCard(hub.store, hub.volunteer, '04A1B2C3', 'x')).rejects.toThrow(
      `the card ${card} is ${hub.volunteer}'s already`,
    );
    await addCard(hub.store, hub.volunteer, uid, 'test');
    await expect(say('lost', 1, { subject: hub.volunteer })).rejects.toThrow(/several cards/);
    const change = changeCard(hub.store, 'lost', { subject: card, by: ' ' });
    await expect(change).rejects.toThrow('must not be blank');
    expect((await listCards(hub.store)).map((row) => row.status)).toEqual(['active', 'active']);
  });

  it('is never changed afterwards', async () => {
    const { db } = hub.store;
    await expect(db.updateTable('card_event').set({ by: 'x' }).execute()).rejects.toThrow(/never/);
    await expect(db.deleteFrom('card_event').execute()).rejects.toThrow(/never/);
  });
});

const tapMinutes = fc.uniqueArray(fc.integer({ min: 0, max: 110 }), { maxLength: 8 });
const word = fc.record({
  change: fc.constantFrom('lost', 'block', 'unblock', 'return'),
  sinceMinute: fc.integer({ min: 1, max: 115 }),
});

describe('points and cards', () => {
  it('depend on when taps happened and what was said of the card, and not on which came first', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(tapMinutes, tapMinutes),
        fc.array(word, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(2), { minLength: 20, maxLength: 20 }),
        async (minutes, words, choices) => {
          const atLast = await play(minutes, words, [...Array(20).fill(0), ...Array(20).fill(1)]);
          expect(await play(minutes, words, choices)).toEqual(atLast);
          refused += atLast.outcomes.filter((outcome) => outcome === 'blocked-card').length;
        },
      ),
      { numRuns: 15 },
    );
    expect(refused).toBeGreaterThan(0);
  });

  /** @param choices what comes next: a tap of the first lane, of the second, or a word of the operator */
  async function play(
    minutes: readonly (readonly number[])[],
    words: readonly { change: 'lost' | 'block' | 'unblock' | 'return'; sinceMinute: number }[],
    choices: readonly number[],
  ) {
    const hub = await IngestHub.start();
    const lanes = minutes.map((of) => new Past(hub).checkIns(...of));
    const sent = [0, 0];
    const subject = cardReference(hub.card);
    let said = 0;
    const step = async (choice: number): Promise<void> => {
      const lane = lanes[choice];
      const next = (sent[choice] ?? 0) + 1;
      if (lane) {
        if (next > lane.texts.length) return;
        sent[choice] = next;
        await hub.give(lane.message(next, next));
        return;
      }
      const one = words[said++];
      if (!one) return;
      const request = { subject, by: 'Operator 1', atMs: at(120), sinceMs: at(one.sinceMinute) };
      // What cannot be said of the card as it stands is refused whenever it is said.
      await changeCard(hub.store, one.change, request).catch(() => undefined);
    };
    for (const choice of choices) await step(choice);
    for (const choice of [2, 0, 1]) for (let left = 0; left < 10; left++) await step(choice);
    const { db } = hub.store;
    const rows = await db.selectFrom('check_in').selectAll().orderBy('occurred_ms').execute();
    const outcomes = rows.map(({ outcome }) => outcome);
    const balances = await hub.balances();
    const net = rows.reduce((sum, { points }) => sum + points, 0);
    expect(balances).toEqual({ volunteer: net, sum: 0 });
    expect((await audit(hub.store)).findings).toEqual([]);
    await hub.stop();
    return { outcomes: [...outcomes].sort(), balances };
  }
});
