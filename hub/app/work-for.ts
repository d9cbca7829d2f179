import type { LocalDay } from '../domain/dating.ts';
import { scoreDay } from '../domain/scoring.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { CommitWork } from '../ingest/commit-work.ts';
import { PolicyBook } from '../ingest/policy-book.ts';
import type { Store } from '../store/open-store.ts';
import type { Trx } from '../store/schema.ts';

/** What ingest commits with, for what a person decides. */
export const workFor = (
  { ingest }: Pick<Store, 'ingest'>,
  trx: Trx,
  { atMs, dayOf }: { atMs: number; dayOf: LocalDay },
): CommitWork => ({
  trx,
  statements: ingest,
  policies: new PolicyBook(ingest),
  outgoing: new Outgoing(),
  nowMs: atMs,
  dayOf,
  score: scoreDay,
  nameOf: (station) => station,
  anew: new Set(),
});

const noDate = (): never => {
  throw new Error('nothing is dated here');
};

/** For work on check-ins whose days and times of day stand in their rows. */
export const noDates: LocalDay = Object.assign(noDate, { minuteOf: noDate });
