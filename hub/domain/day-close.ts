import type { Mark } from './alarm.ts';

/** What has to be cleared daily: an alarm, or a trouble. */
export interface Matter {
  /** `alarm:12`, `trouble:3`: its name in closes, in carries and on the command line. */
  readonly subject: string;
  /** Null for a trouble of the hub itself. */
  readonly station: string | null;
  readonly stationName: string | null;
  readonly what: string;
  readonly beganMs: number;
  /** Null for what is not delivered, but found by the hub. */
  readonly storedMs: number | null;
  readonly acknowledged: Mark | null;
  /** An alarm's resolution, a trouble's end: then nothing stands open. `by` is null for what ends by itself. */
  readonly done: { by: string | null; atMs: number; cause: string | null } | null;
}

/** A matter that a close let stand open, why, and who signed for that. */
export interface Carry {
  readonly subject: string;
  readonly reason: string;
}
export interface SignedCarry extends Carry {
  readonly day: string;
  readonly by: string;
}

/** All that decides what stands on a day's list. Days are local dates, YYYY-MM-DD. */
export interface DayBook {
  /** The latest day that was closed: it, and every day before it, is closed for good. */
  readonly closedThrough: string | undefined;
  /** Every matter that no close has found done, of whatever day. */
  readonly uncleared: readonly Matter[];
  /** The latest carry of each. */
  readonly carries: ReadonlyMap<string, SignedCarry>;
}

/**
 * Why a matter stands on a day's list. `late`: it is of a day that was closed before the hub heard
 * of it (a station was offline, or lost), and is cleared with the next close.
 */
export type Standing = 'of-the-day' | 'carried' | 'late';

export interface Listed {
  readonly matter: Matter;
  /** The local day on which it began. */
  readonly day: string;
  readonly standing: Standing;
  /** The latest carry, for one that was carried over. */
  readonly carry: SignedCarry | undefined;
}

export type DayOf = (ms: number) => string;

const isClosed = ({ closedThrough }: DayBook, day: string): boolean =>
  closedThrough !== undefined && day <= closedThrough;

/**
 * What a day that is still open has to clear: its own matters, and whatever of closed days is not
 * done: carried over, or come too late. A closed day's list is what its close says; all that is left
 * of it are the matters that came after the close.
 */
export function listDay(book: DayBook, day: string, dayOf: DayOf): Listed[] {
  return book.uncleared
    .map((matter) => standingOf(book, matter, dayOf))
    .filter((listed) =>
      isClosed(book, day)
        ? listed.standing === 'late' && listed.day === day
        : listed.standing !== 'of-the-day' || listed.day === day,
    );
}

function standingOf(book: DayBook, matter: Matter, dayOf: DayOf): Listed {
  const day = dayOf(matter.beganMs);
  const carry = book.carries.get(matter.subject);
  const standing = carry ? 'carried' : isClosed(book, day) ? 'late' : 'of-the-day';
  return { matter, day, standing, carry };
}

/**
 * The earliest day before `day` that has to be closed first: one with matters of its own, or the one
 * after a close that carried something over which is not cleared yet. Days in between had nothing:
 * the next close closes them too, as nothing. What came late opens none of them again.
 */
export function earlierOpenDay(book: DayBook, day: string, dayOf: DayOf): string | undefined {
  const { closedThrough } = book;
  const due = book.uncleared.flatMap((matter) => {
    const listed = standingOf(book, matter, dayOf);
    if (listed.standing === 'of-the-day') return [listed.day];
    const isCarried = listed.standing === 'carried' && closedThrough !== undefined;
    return isCarried ? [dayAfter(closedThrough)] : [];
  });
  return due.filter((one) => one < day).sort()[0];
}

/** What keeps a day from being closed. */
export type Obstacle =
  | { readonly kind: 'not-over' }
  | { readonly kind: 'earlier-day-open'; readonly day: string }
  | { readonly kind: 'open-matter'; readonly subject: string };

/**
 * What keeps an open day from being closed now, with these carries.
 * @param today the local day of now: a day is closed when it is over
 */
export function obstaclesTo(
  book: DayBook,
  { day, today, carries }: { day: string; today: string; carries: readonly Carry[] },
  dayOf: DayOf,
): Obstacle[] {
  const earlier = earlierOpenDay(book, day, dayOf);
  const carried = new Set(carries.map(({ subject }) => subject));
  const open = listDay(book, day, dayOf).filter(
    ({ matter }) => matter.done === null && !carried.has(matter.subject),
  );
  return [
    ...(day < today ? [] : [{ kind: 'not-over' as const }]),
    ...(earlier === undefined ? [] : [{ kind: 'earlier-day-open' as const, day: earlier }]),
    ...open.map(({ matter }) => ({ kind: 'open-matter' as const, subject: matter.subject })),
  ];
}

/** What is wrong with the carries themselves, a sentence each. */
export function faultsOfCarries(listed: readonly Listed[], carries: readonly Carry[]): string[] {
  return carries.flatMap(({ subject, reason }, index) => {
    const matter = listed.find((one) => one.matter.subject === subject)?.matter;
    if (!matter) return [`${subject} is not on the list of that day`];
    if (matter.done !== null) return [`${subject} is done: there is nothing to carry over`];
    if (reason.trim() === '') return [`${subject} is carried over without a reason`];
    const isTwice = carries.findIndex((other) => other.subject === subject) !== index;
    return isTwice ? [`${subject} is carried over twice`] : [];
  });
}

/** @param day YYYY-MM-DD. Dates of the calendar, without a time zone. */
export function dayAfter(day: string): string {
  const next = new Date(`${day}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}
