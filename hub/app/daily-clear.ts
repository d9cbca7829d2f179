import { localDay } from '../domain/dating.ts';
import {
  type Carry,
  type DayBook,
  faultsOfCarries,
  type Listed,
  listDay,
  type Obstacle,
  obstaclesTo,
  type SignedCarry,
} from '../domain/day-close.ts';
import { Outgoing } from '../feed/outgoing.ts';
import { atOneMoment } from '../store/at-one-moment.ts';
import type { Store } from '../store/open-store.ts';
import type { Db, Trx } from '../store/schema.ts';
import { allMatters, type DayMatters } from './day-matters.ts';
import { type DayReport, dayLine, daySummarySchema } from './day-report.ts';
import { noteAction, Refusal, refuseBlank } from './registry.ts';

/** Which day, by whose calendar, and what time it is. */
export interface DayQuestion {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly timeZone: string;
  readonly nowMs: number;
  readonly matters?: readonly DayMatters[];
}

/**
 * Shows a day: what it has to clear, and what keeps it from being closed. Changes nothing, and holds up
 * no alarm: it goes through all there ever was.
 */
export const showDay = ({ db }: Pick<Store, 'db'>, question: DayQuestion): Promise<DayReport> =>
  atOneMoment(db, async (moment) => reportOf(await lookUp(moment, question), []));

/**
 * Closes a day when each of its matters is done or carried over; otherwise it changes nothing, and
 * the report says what is missing.
 * @throws Refusal when the day is closed already, nobody signs, or a carry is about nothing
 */
export async function closeDay(
  store: Pick<Store, 'db'>,
  question: DayQuestion,
  { by, carries }: { by: string; carries: readonly Carry[] },
): Promise<DayReport> {
  refuseBlank(by);
  const open = await store.db.transaction().execute(async (trx) => {
    const found = await lookUp(trx, question);
    if (found.isClosed) throw new Refusal(found.closedText);
    const faults = faultsOfCarries(found.listed, carries);
    if (faults.length > 0) throw new Refusal(faults.join('\n'));
    const { day } = question;
    const signed = carries.map((carry) => ({ ...carry, day, by }));
    const before = reportOf(found, signed);
    if (before.state !== 'closable') return before;
    await storeClose(trx, found, { by, signed, report: before });
    return undefined;
  });
  return open ?? showDay(store, question);
}

interface Found {
  readonly question: DayQuestion;
  readonly book: DayBook;
  readonly listed: readonly Listed[];
  readonly isClosed: boolean;
  readonly closedText: string;
  /** The close of exactly this day. */
  readonly close: { by: string; at: number; summary: string } | undefined;
}

async function lookUp(trx: Db | Trx, question: DayQuestion): Promise<Found> {
  const { day, timeZone, matters = allMatters } = question;
  const { closedThrough } = await trx
    .selectFrom('day_close')
    .select(({ fn }) => fn.max<string | null>('day').as('closedThrough'))
    .executeTakeFirstOrThrow();
  const uncleared = [];
  for (const kind of matters) uncleared.push(...(await kind.uncleared(trx)));
  const book = {
    closedThrough: closedThrough ?? undefined,
    uncleared,
    carries: await latestCarries(trx),
  };
  // The first close at or after this day is the one that closed it.
  const next = await trx
    .selectFrom('day_close')
    .selectAll()
    .where('day', '>=', day)
    .orderBy('day')
    .limit(1)
    .executeTakeFirst();
  const close = next?.day === day ? next : undefined;
  const when = next && `by ${next.by} at ${new Date(next.at).toISOString()}`;
  const closedText = close
    ? `${day} was closed already ${when}`
    : `${day} had nothing, and was closed with ${next?.day} ${when}`;
  const listed = listDay(book, day, localDay(timeZone));
  return { question, book, listed, isClosed: next !== undefined, closedText, close };
}

async function latestCarries(trx: Db | Trx): Promise<Map<string, SignedCarry>> {
  const rows = await trx
    .selectFrom('day_carry')
    .selectAll()
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('day_cleared')
            .select('day_cleared.day')
            .whereRef('day_cleared.subject', '=', 'day_carry.subject'),
        ),
      ),
    )
    .orderBy('day')
    .execute();
  return new Map(rows.map((row) => [row.subject, row])); // the last of each is the latest
}

function reportOf(found: Found, carries: readonly SignedCarry[]): DayReport {
  const { question, book, listed, close } = found;
  const { day, timeZone, nowMs } = question;
  const lines = listed.map((one) =>
    dayLine(
      one,
      carries.find(({ subject }) => subject === one.matter.subject),
    ),
  );
  if (found.isClosed) {
    const closed = close ? { by: close.by, at: new Date(close.at).toISOString() } : null;
    const matters = close ? daySummarySchema.parse(JSON.parse(close.summary)).matters : [];
    const remarks = close ? [] : [found.closedText];
    return { day, timeZone, state: 'closed', closed, matters, late: lines, missing: [], remarks };
  }
  const dayOf = localDay(timeZone);
  const obstacles = obstaclesTo(book, { day, today: dayOf(nowMs), carries }, dayOf);
  const missing = obstacles.map((one) => obstacleText(one, day));
  const state = missing.length === 0 ? 'closable' : 'open';
  return {
    ...{ day, timeZone, state, closed: null, matters: lines, late: [], missing, remarks: [] },
  };
}

function obstacleText(obstacle: Obstacle, day: string): string {
  switch (obstacle.kind) {
    case 'not-over':
      return `${day} is not over yet`;
    case 'earlier-day-open':
      return `${obstacle.day} is still open: it is closed first`;
    case 'open-matter':
      return obstacle.subject.startsWith('alarm:')
        ? `${obstacle.subject} is not resolved: resolve it, or carry it over with a reason`
        : `${obstacle.subject} has not ended: mend it, or carry it over with a reason`;
    default:
      return obstacle satisfies never;
  }
}

async function storeClose(
  trx: Trx,
  { question, listed }: Found,
  { by, signed, report }: { by: string; signed: readonly SignedCarry[]; report: DayReport },
): Promise<void> {
  const { day, timeZone, nowMs } = question;
  const summary = JSON.stringify({ timeZone, matters: report.matters });
  await trx.insertInto('day_close').values({ day, by, at: nowMs, summary }).execute();
  for (const carry of signed) await trx.insertInto('day_carry').values(carry).execute();
  const cleared = listed.flatMap(({ matter: { subject, done } }) => (done ? [subject] : []));
  for (const subject of cleared) {
    await trx.insertInto('day_cleared').values({ subject, day }).execute();
  }
  const carried = signed.map(({ subject, reason }) => ({ subject, reason }));
  await noteAction(trx, by, 'day close', day, { cleared, carried }, nowMs);
  const outgoing = new Outgoing();
  // A reason may name people: the feed says only what was carried over.
  const subjects = carried.map(({ subject }) => subject);
  outgoing.toFeed('day', nowMs, { day, state: 'closed', by, cleared, carried: subjects });
  await outgoing.store(trx);
}
