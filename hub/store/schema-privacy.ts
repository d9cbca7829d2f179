import type { Generated } from 'kysely';

/** A removal of check-in details, for good: of everybody's from before a day, or of one volunteer's. */
export interface RetentionRunTable {
  id: Generated<number>;
  /** Local date: nothing from this day on. */
  before_day: string;
  /** Whose, where it is an erasure; null for everybody's. */
  volunteer_id: string | null;
  by: string;
  at: number;
}

/** What one transaction of a run has removed: check-ins of one volunteer, or of nobody, in one month. */
export interface RetentionSliceTable {
  id: Generated<number>;
  run_id: number;
  volunteer_id: string | null;
  /** YYYY-MM. */
  month: string;
  /** 1 while the transaction is under way; it cannot be committed so. */
  open: 1 | null;
  /** Removed, and so many entries of the journal emptied. */
  check_ins: Generated<number>;
  /** Removed, and replaced by summaries of the same points. */
  transfers: Generated<number>;
  /** What those for check-ins came to. */
  points: Generated<number>;
  /** What those for bounties came to. */
  bounties: Generated<number>;
}
