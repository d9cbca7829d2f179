import type { Generated } from 'kysely';
import type { Honour } from '../domain/honours.ts';

/** Points that a person gives or takes by hand. */
export interface CorrectionTable {
  id: Generated<number>;
  volunteer: string;
  /** Positive to the volunteer, negative from them. */
  points: number;
  reason: string;
  asked_by: string;
  asked_ms: number;
  decision: 'approved' | 'refused' | null;
  decided_by: string | null;
  decided_ms: number | null;
}

/** Something odd, for a person's eyes. Lists are JSON. */
export interface SuspicionTable {
  id: Generated<number>;
  kind: string;
  key: string;
  volunteers: string;
  check_ins: string;
  figures: string;
  found_ms: number;
  decision: 'confirmed' | 'dismissed' | null;
  decided_by: string | null;
  decided_ms: number | null;
  note: string | null;
}

/** What a volunteer contributed beside the rounds. What it was stands apart. */
export interface ContributionTable {
  id: Generated<number>;
  volunteer: string;
  kind: string;
  day: string;
  points: number;
  recorded_by: string;
  recorded_ms: number;
  decision: 'approved' | 'refused' | null;
  decided_by: string | null;
  decided_ms: number | null;
  note: string | null;
}

/** An honour that a person has awarded, with the figures of its month as JSON. */
export interface HonourTable {
  id: Generated<number>;
  month: string;
  honour: Honour;
  volunteer: string;
  figures: string;
  /** Among those whom the rules proposed; null for somebody else. */
  rank: number | null;
  awarded_by: string;
  awarded_ms: number;
  reason: string;
}

export interface TransferTable {
  id: Generated<number>;
  reference: string;
  debit: string;
  credit: string;
  amount: number;
  code: string;
  at: number;
  check_in_id: number | null;
  reason: string;
}
