import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pauseVolunteer, resumeVolunteer } from '../../hub/app/pauses.ts';
import { audit, auditChecks } from '../../hub/audit/audit.ts';
import { askCorrection } from '../../hub/ledger/corrections.ts';
import { atOneMoment } from '../../hub/store/at-one-moment.ts';
import { IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';
import { RewardDesk } from '../support/reward-desk.ts';

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
  const [past, other, paused] = [new Past(hub), new Past(hub), new Past(hub)];
  for (const minute of [0, 30, 90]) past.checkIn(reading(minute));
  const at = (minute: number) => ({ by: 'Operator A', atMs: startMs + minute * minuteMs });
  await pauseVolunteer(hub.store, hub.volunteer, at(100));
  await resumeVolunteer(hub.store, hub.volunteer, at(110));
  other.checkIn(reading(10));
  await hub.give(past.message(1, 3));
  await hub.give(other.message(1, 1));
  await hub.give(paused.checkIn(reading(105)).message(1, 1));
  const asked = { volunteer: hub.volunteer, points: 7, reason: 'a reason', by: 'Operator A' };
  await askCorrection(hub.store, { ...asked, atMs: startMs + 200 * minuteMs }, { aloneMax: 100 });
  const desk = new RewardDesk(hub);
  const reward = await desk.add({ cost: 3 });
  await desk.redeem(reward);
  await desk.handOut((await desk.redeem(reward)).code);
});
afterEach(() => hub.stop());

const run = () => atOneMoment(hub.store.db, (db) => audit({ db, ingest: hub.store.ingest }));

it('finds nothing where nothing is wrong, and looks at everything', async () => {
  const { checks, findings, isSound } = await run();
  expect(findings).toEqual([]);
  expect(isSound).toBe(true);
  expect(checks.map(({ claim }) => claim)).toEqual(auditChecks.map(({ claim }) => claim));
});

/** What somebody could do to the file behind the program's back, and which claims no longer hold. */
const harms: readonly { harm: string; sql: string; fails: readonly string[] }[] = [
  {
    harm: 'a balance is raised',
    sql: 'UPDATE account SET balance = balance + 50 WHERE volunteer_id IS NOT NULL',
    fails: ['each balance is the sum of its transfers', 'the sum over all accounts is zero'],
  },
  {
    harm: 'a balance is moved to another account',
    sql: `UPDATE account SET balance = balance + 5 WHERE volunteer_id IS NOT NULL;
      UPDATE account SET balance = balance - 5 WHERE id = 'scheme:corrections'`,
    fails: ['each balance is the sum of its transfers'],
  },
  {
    harm: 'a card is made a lost one that nobody reported',
    sql: `UPDATE card SET status = 'lost'`,
    fails: ['cards are what was said of them last'],
  },
  {
    harm: 'a lost card is made to count',
    sql: `INSERT INTO card_event (card, volunteer_id, status, from_ms, at, by)
      SELECT token, volunteer_id, 'lost', 1, 1, 'x' FROM card;
      UPDATE card SET status = 'lost', since_ms = 1`,
    fails: ['check-ins are whose their cards were when they were tapped'],
  },
  {
    harm: 'a message that was used before is let through',
    sql: `INSERT INTO sun_reading (journal_id, card, station, epoch, seq, occurred_ms, counter)
      SELECT journal_id, card, station, epoch, seq, occurred_ms, 5 FROM check_in
      ORDER BY journal_id LIMIT 2`,
    fails: ['messages of cards prove what their counters say'],
  },
  {
    harm: 'a transfer is made up, balances and all',
    sql: `INSERT INTO transfer (reference, debit, credit, amount, code, at, reason)
      SELECT 'correction/99', 'scheme:corrections', id, 5, 'correction', 0,
        '{"rule":"by-hand","correction":99,"text":"x","by":"x"}'
      FROM account WHERE volunteer_id IS NOT NULL;
      UPDATE account SET balance = balance + 5 WHERE volunteer_id IS NOT NULL;
      UPDATE account SET balance = balance - 5 WHERE id = 'scheme:corrections'`,
    fails: ['corrections by hand are booked as people decided, and no others'],
  },
  {
    harm: 'a reward is handed out that was not',
    sql: `UPDATE redemption SET state = 'handed-out', closed_by = 'x', closed_ms = 0 WHERE id = 1`,
    fails: [
      'redemptions are booked as far as they have come, and no others',
      'what is reserved and redeemed is the points of those redemptions',
    ],
  },
  {
    harm: 'a redemption is cancelled and the points are not given back',
    sql: `UPDATE redemption SET state = 'cancelled', closed_by = 'x', closed_ms = 0, reason = 'x'
        WHERE id = 1;
      UPDATE reward SET stock = stock + 1`,
    fails: [
      'redemptions are booked as far as they have come, and no others',
      'what is reserved and redeemed is the points of those redemptions',
    ],
  },
  {
    harm: 'points are given back for nothing, balances and all',
    sql: `INSERT INTO transfer (reference, debit, credit, amount, code, at, reason)
      SELECT 'redemption/2/cancel', 'scheme:redeemed', id, 3, 'redemption-cancel', 0,
        '{"rule":"redemption-cancel","redemption":2,"reward":1,"name":{"zh":"x","en":"x","ko":"x"},"volunteer":"x","points":3,"by":"x","text":"x"}'
      FROM account WHERE volunteer_id IS NOT NULL;
      UPDATE account SET balance = balance + 3 WHERE volunteer_id IS NOT NULL;
      UPDATE account SET balance = balance - 3 WHERE id = 'scheme:redeemed'`,
    fails: [
      'redemptions are booked as far as they have come, and no others',
      'what is reserved and redeemed is the points of those redemptions',
    ],
  },
  {
    harm: 'a piece is taken out of the stock',
    sql: 'UPDATE reward SET stock = stock - 1',
    fails: ['the stock of each reward is what was stocked less what was redeemed'],
  },
  {
    harm: 'a check-in is made worth more',
    sql: "UPDATE check_in SET points = 20 WHERE outcome = 'credited' AND seq = 1",
    fails: [
      'each check-in is worth what the rules of its day make of it',
      'what a check-in is worth is the sum of its transfers',
    ],
  },
  {
    harm: 'a pause is made up',
    sql: `INSERT INTO volunteer_pause (volunteer_id, from_ms, until_ms, paused_by)
      SELECT id, ${startMs - 1}, ${startMs + 1}, 'x' FROM volunteer`,
    fails: [
      'volunteers are paused as people decided, and not otherwise',
      'each check-in is worth what the rules of its day make of it',
    ],
  },
  {
    harm: 'a pause is lengthened',
    sql: `DROP TRIGGER pause_ends_once; UPDATE volunteer_pause SET until_ms = until_ms + 1`,
    fails: ['volunteers are paused as people decided, and not otherwise'],
  },
  {
    harm: 'a pause is taken away',
    sql: `DROP TRIGGER pause_stays; DELETE FROM volunteer_pause`,
    fails: [
      'volunteers are paused as people decided, and not otherwise',
      'each check-in is worth what the rules of its day make of it',
    ],
  },
  {
    harm: 'a check-in is taken out of the book',
    sql: `PRAGMA foreign_keys = OFF; DELETE FROM check_in WHERE outcome = 'already-checked-in'`,
    fails: ['each check-in of the journal stands once in the book of check-ins'],
  },
  {
    harm: 'a check-in is put into the book that no station sent',
    sql: `PRAGMA foreign_keys = OFF; INSERT INTO check_in
      (journal_id, volunteer_id, station, epoch, seq, card, day, occurred_ms, outcome, points, counts)
      SELECT 9999, volunteer_id, station, epoch, 99, card, day, occurred_ms + 1,
        'already-checked-in', 0, 1 FROM check_in WHERE outcome = 'credited' LIMIT 1`,
    fails: ['each check-in in the book stands in the journal'],
  },
  {
    harm: 'a check-in is dated otherwise in book and journal',
    sql: `UPDATE check_in SET occurred_ms = occurred_ms + 7200000 WHERE seq = 3`,
    fails: ['each check-in of the journal stands once in the book of check-ins'],
  },
  {
    harm: 'the text of an entry is changed',
    sql: `UPDATE journal SET body = replace(body, '"synced":true', '"synced":false') WHERE seq = 2`,
    fails: ['each entry of the journal follows the one before it, as its station hashed it'],
  },
  {
    harm: 'the newest entry of a lane is taken away, with its check-in',
    sql: `PRAGMA foreign_keys = OFF;
      DELETE FROM check_in WHERE seq = 2; DELETE FROM journal WHERE seq = 3`,
    fails: [
      'each entry of the journal follows the one before it, as its station hashed it',
      'each check-in of the journal stands once in the book of check-ins',
      'each check-in in the book stands in the journal',
    ],
  },
];

it.each(harms)('finds that $harm', async ({ sql, fails }) => {
  const sqlite = new BetterSqlite(hub.file);
  sqlite.exec(sql);
  sqlite.close();
  const { checks, isSound } = await run();
  expect(isSound).toBe(false);
  expect(checks.filter(({ findings }) => findings > 0).map(({ claim }) => claim)).toEqual(
    auditChecks.map(({ claim }) => claim).filter((claim) => fails.includes(claim)),
  );
});
