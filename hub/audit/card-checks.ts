import { standingAt } from '../domain/card.ts';
import { refusalOf } from '../domain/card-trust.ts';
import { counterFaults } from '../domain/sun-counter.ts';
import { cardEvents } from '../ingest/card-events.ts';
import { verdictOn } from '../ingest/card-standing.ts';
import { PolicyBook } from '../ingest/policy-book.ts';
import type { Db } from '../store/schema.ts';
import type { AuditCheck } from './check.ts';
import { pages, rowsPerPage } from './pages.ts';

type Run = AuditCheck['run'];

export const cardChecks: readonly AuditCheck[] = [
  { claim: 'cards are what was said of them last', run: unlikeCards },
  { claim: 'messages of cards prove what their counters say', run: unlikeProofs },
  { claim: 'check-ins are whose their cards were when they were tapped', run: unlikeOwners },
];

/** A card is told by what it is called among operators: its token stays in the store. */
const called = (token: string): string => `card ${token.slice(0, 12)}`;

async function* unlikeCards({ db }: Parameters<Run>[0]) {
  const events = await cardEvents(db);
  const cards = await db.selectFrom('card').selectAll().orderBy('token').execute();
  for (const { token, volunteer_id, status, since_ms } of cards) {
    const last = events.get(token)?.at(-1);
    events.delete(token);
    const isAlike =
      last?.volunteer === volunteer_id && last.status === status && last.fromMs === since_ms;
    if (!isAlike) yield { subject: called(token), detail: 'is not what was said of it last' };
  }
  for (const token of events.keys()) {
    yield { subject: called(token), detail: 'something was said of it, and it is not there' };
  }
}

/** Whether a message is a card's own was found with keys that an audit has no need to know. */
async function* unlikeProofs({ db }: Parameters<Run>[0]) {
  const rows = await db
    .selectFrom('sun_reading')
    .selectAll()
    .where('counter', 'is not', null)
    .orderBy('card')
    .execute();
  const byCard = new Map<string, typeof rows>();
  for (const row of rows) byCard.set(row.card, [...(byCard.get(row.card) ?? []), row]);
  const kept = new Map(
    (await db.selectFrom('card_counter').selectAll().execute()).map((row) => [row.card, row]),
  );
  for (const [card, all] of byCard) {
    const { counter: removed, through } = kept.get(card) ?? { counter: -1, through: 0 };
    const settled = all.filter(({ counter }) => (counter ?? 0) <= removed);
    for (const { journal_id, station, epoch, seq, fault } of settled) {
      if (fault !== null || journal_id <= through) continue;
      const detail = 'its message is sound; retention had removed as high a counter before it came';
      yield { subject: `${station}/${epoch}/${seq}`, detail };
    }
    const taps = all.filter(({ counter }) => (counter ?? 0) > removed);
    const faults = counterFaults(
      taps.map(({ occurred_ms: occurredMs, counter, station, epoch, seq }) => {
        return { occurredMs, station, epoch, seq, counter: counter ?? 0 };
      }),
    );
    for (const [index, { station, epoch, seq, fault }] of taps.entries()) {
      const meant = faults[index] ?? null;
      if (meant === fault) continue;
      const subject = `${station}/${epoch}/${seq}`;
      yield {
        subject,
        detail: `its message is ${fault ?? 'sound'}; it must be ${meant ?? 'sound'}`,
      };
    }
  }
}

async function* unlikeOwners({ db, store, say }: Parameters<Run>[0]) {
  const events = await cardEvents(db);
  const policies = new PolicyBook(store.ingest);
  let seen = 0;
  const read = (after = 0) => checkInsFrom(db, after);
  for await (const page of pages(read, ({ id }) => id)) {
    seen += page.length;
    say(`cards of check-ins, ${seen}`);
    await policies.lookUp(page.map(({ day }) => day));
    for (const row of page) {
      const standing = standingAt(events.get(row.card) ?? [], row.occurred_ms);
      const { cardTrust } = policies.of(row.day).body;
      const proof = { trust: row.proved === null ? 'uid' : 'sun', fault: row.fault } as const;
      const verdict = verdictOn(standing, {
        isHeld: row.review !== null && row.review !== 'accepted',
        isRead: row.read !== null,
        refusal: refusalOf(proof, cardTrust),
      });
      const subject = `${row.station}/${row.epoch}/${row.seq}`;
      const volunteer = standing?.volunteer ?? null;
      if (row.volunteer_id !== volunteer) {
        yield {
          subject,
          detail: `is ${row.volunteer_id ?? 'nobody'}'s; its card was ${volunteer}'s`,
        };
      } else if (row.counts !== verdict.counts) {
        yield { subject, detail: `counts ${row.counts}; by its card it must be ${verdict.counts}` };
      }
    }
  }
}

const checkInsFrom = (db: Db, after = 0) =>
  db
    .selectFrom('check_in')
    .leftJoin('sun_reading', 'sun_reading.journal_id', 'check_in.journal_id')
    .leftJoin('enrolment_read', 'enrolment_read.journal_id', 'check_in.journal_id')
    .select(['check_in.journal_id as id', 'check_in.station', 'check_in.epoch', 'check_in.seq'])
    .select(['check_in.card', 'check_in.day', 'check_in.occurred_ms', 'volunteer_id', 'counts'])
    .select(['review', 'sun_reading.journal_id as proved', 'sun_reading.fault'])
    .select('enrolment_read.journal_id as read')
    .where('check_in.journal_id', '>', after)
    .orderBy('check_in.journal_id')
    .limit(rowsPerPage)
    .execute();
