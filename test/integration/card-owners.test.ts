import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listCards } from '../../hub/app/card-reports.ts';
import { assignCard, changeCard, replaceCard } from '../../hub/app/cards.ts';
import { askForCard } from '../../hub/app/enrolments.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { withWork } from '../../hub/app/with-work.ts';
import { audit } from '../../hub/audit/audit.ts';
import { cardReference } from '../../hub/domain/card.ts';
import { issueCard } from '../../hub/ingest/card-changes.ts';
import { Pace } from '../../hub/nightly/pace.ts';
import { erasePerson } from '../../hub/privacy/erase-person.ts';
import { dayOf, IngestHub, minuteMs, Past, startMs } from '../support/ingest-hub.ts';

const by = 'Operator 1';
const at = (minute: number): number => startMs + minute * minuteMs;
const [endedAt, issuedAt] = [70, 100];

let hub: IngestHub;
let card: string;
let second: string;
beforeEach(async () => {
  hub = await IngestHub.start();
  card = cardReference(hub.card);
  second = await addVolunteer(hub.store, 'Volunteer 2', by);
});
afterEach(async () => {
  expect((await audit(hub.store)).findings).toEqual([]);
  await hub.stop();
});

const erase = (volunteer: string, minute: number) =>
  erasePerson(
    hub.store,
    { volunteer, by, reason: 'they asked for it', atMs: at(minute), dayOf },
    new Pace(),
  );
const ends: [string, () => Promise<unknown>][] = [
  ['returned', () => change('return', endedAt)],
  ['erased', () => erase(hub.volunteer, endedAt)],
];
const give = (volunteer: string, minute: number) =>
  assignCard(hub.store, { reference: card, volunteer, by, atMs: at(minute) });
const change = (what: Parameters<typeof changeCard>[1], minute: number, sinceMs?: number) =>
  changeCard(hub.store, what, { subject: card, by, atMs: at(minute), sinceMs });

/** Whose each tap is and what it came to, by its minute. */
async function taps(untilMinute = Number.MAX_SAFE_INTEGER): Promise<string[]> {
  const rows = await hub.store.db
    .selectFrom('check_in')
    .selectAll()
    .where('occurred_ms', '<', at(untilMinute))
    .orderBy('occurred_ms')
    .execute();
  return rows.map(({ occurred_ms, volunteer_id, outcome, points }) => {
    const owner = volunteer_id === second ? 'second' : 'first';
    const minute = (occurred_ms - startMs) / minuteMs;
    return `${minute} ${volunteer_id === null ? 'nobody' : owner} ${outcome} ${points}`;
  });
}

const ofFirst = ['0 first credited 10', '62 first credited 10', '80 first blocked-card 0'];

/** The first owner taps, and after the card was theirs no more; the second has it, and taps. */
async function handedOn(end: () => Promise<unknown>): Promise<void> {
  const past = new Past(hub).checkIns(0, 62, 80);
  await hub.give(past.message(1, 2));
  await end();
  await hub.give(past.message(3, 3));
  await give(second, issuedAt);
  await hub.give(past.checkIns(110).message(4, 4));
  expect(await taps()).toEqual([...ofFirst, '110 second credited 10']);
}

const table = ends.flatMap(([end, act]) =>
  (['lost', 'block', 'unblock', 'replace', 'return'] as const).map((what) => ({ end, act, what })),
);

describe.each(table)('a card whose first owner has $end it, and then: $what', ({ act, what }) => {
  const say = async (sinceMs: number | undefined): Promise<unknown> => {
    if (what !== 'replace') return change(what, 119, sinceMs);
    const request = { subject: card, by, atMs: at(119), sinceMs };
    return replaceCard(hub.store, request, { uid: '04D4E5F6' });
  };

  beforeEach(async () => {
    await handedOn(act);
    if (what === 'unblock') await change('block', 115);
  });

  it.each([0, 60, endedAt, 90, issuedAt - 1 / minuteMs])(
    'cannot be that since minute %d, when the second one did not have it',
    async (minute) => {
      const known = await taps();
      const since = new Date(at(issuedAt)).toISOString();
      await expect(say(at(minute))).rejects.toThrow(
        `the card ${card} is ${second}'s since ${since}: say no time before that`,
      );
      expect(await taps()).toEqual(known);
    },
  );

  it.each([issuedAt, 105, 115, undefined])(
    'takes nothing from the first owner, and gives nothing of theirs, since minute %s',
    async (minute) => {
      await say(minute === undefined ? undefined : at(minute));
      const late = new Past(hub).checkIns(5, 90, 112);
      await hub.give(late.message(1, 3));
      const early = ['5 first already-checked-in 0', '90 first blocked-card 0'];
      expect((await taps(issuedAt)).sort()).toEqual([...ofFirst, ...early].sort());
      const isTaken = what !== 'unblock' && minute !== undefined && minute <= 105;
      expect((await taps()).filter((tap) => tap.startsWith('110 '))).toEqual([
        isTaken ? '110 second blocked-card 0' : '110 second credited 10',
      ]);
    },
  );
});

describe.each(ends)('a card that was %s gives the next owner only what comes then', (_, end) => {
  const request = 'en-000000000001';
  const ways: [string, () => Promise<unknown>][] = [
    ['assigned', () => give(second, issuedAt)],
    [
      'added',
      () =>
        withWork(hub.store, at(issuedAt), (work) =>
          issueCard(work, { volunteer: second, token: hub.card }, { by }, 'card add'),
        ),
    ],
    [
      'another’s replacement',
      async () => {
        const own = { volunteer: second, token: 'b'.repeat(32) };
        await withWork(hub.store, at(1), (work) => issueCard(work, own, { by }, 'card add'));
        const asked = { subject: second, by, atMs: at(issuedAt), sinceMs: at(50) };
        await replaceCard(hub.store, asked, { reference: card });
      },
    ],
    [
      'enrolled',
      async () => {
        const presence = { station: hub.station, state: 'online', session: 's' } as const;
        const heard = { ...presence, since_ms: 0, heard_ms: 0 };
        await hub.store.db.insertInto('station_presence').values(heard).execute();
        const asked = { volunteer: second, station: hub.station, by, atMs: at(issuedAt) };
        await askForCard(hub.store, { ...asked, newRequest: () => request });
        hub.nowMs = at(issuedAt);
        const read = { type: 'check-in', card: hub.card, enrol: request };
        const past = new Past(hub).add(99.8, read).add(99.9, read);
        await hub.give(past.message(1, 2, issuedAt));
      },
    ],
  ];

  it.each(ways)('%s', async (way, issue) => {
    const past = new Past(hub).checkIns(0, 62, 80);
    await hub.give(past.message(1, 2));
    await end();
    await hub.give(past.message(3, 3));
    await issue();
    expect(await listCards(hub.store, { volunteer: second, status: 'active' })).toMatchObject([
      { card, since: new Date(at(issuedAt)).toISOString() },
    ]);
    hub.nowMs = at(120);
    await hub.give(past.checkIns(65, 90, 110).message(4, 6));
    const reads = way === 'enrolled' ? [99.8, 99.9] : [];
    const others = (await taps(issuedAt)).filter((tap) => !reads.includes(Number.parseFloat(tap)));
    expect(others).toEqual([
      ...['0 first credited 10', '62 first credited 10', '65 first already-checked-in 0'],
      ...['80 first blocked-card 0', '90 first blocked-card 0'],
    ]);
    expect((await taps()).at(-1)).toBe('110 second credited 10');
    expect((await taps()).filter((tap) => /second.* [1-9]\d*$/.test(tap))).toHaveLength(1);
  });
});

it('is out of use from the beginning on when that is said of its first owner’s', async () => {
  await hub.give(new Past(hub).checkIns(0).message(1, 1));
  await change('lost', 10, 0);
  expect(await taps()).toEqual(['0 first blocked-card 0']);
});

it('has its former owner’s past, and no more, when its second is erased and forgotten', async () => {
  await hub.give(new Past(hub).checkIns(0).message(1, 1));
  await change('return', endedAt);
  await give(second, issuedAt);
  await erase(second, 110);
  expect((await audit(hub.store)).findings).toEqual([]);
  const third = await addVolunteer(hub.store, 'Volunteer 3', by);
  await give(third, 115);
  await hub.give(new Past(hub).checkIns(5, 90, 105).message(1, 3));
  expect(await taps()).toEqual([
    ...['0 first credited 10', '5 first already-checked-in 0'],
    ...['90 first blocked-card 0', '105 first blocked-card 0'],
  ]);
});
