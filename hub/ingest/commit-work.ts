import type { LocalDay } from '../domain/dating.ts';
import type { scoreDay } from '../domain/scoring.ts';
import type { Outgoing } from '../feed/outgoing.ts';
import type { IngestStatements } from '../store/ingest-statements.ts';
import type { Trx } from '../store/schema.ts';
import type { PolicyBook } from './policy-book.ts';

/** What one group of messages is committed with. */
export interface CommitWork {
  readonly trx: Trx;
  /** On the connection of `trx`: they are part of the same transaction. */
  readonly statements: IngestStatements;
  readonly policies: PolicyBook;
  readonly outgoing: Outgoing;
  readonly nowMs: number;
  readonly dayOf: LocalDay;
  readonly score: typeof scoreDay;
  readonly nameOf: (station: string) => string;
  /** Stored entries that are dated anew in this commit, at most; by default as many as `anewAtOnceMax` says. */
  readonly anewAtOnceMax?: number | undefined;
  /** Lanes in which more are to be dated anew afterwards. */
  readonly anew: Set<number>;
}
