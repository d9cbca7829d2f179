import type { Store } from '../store/open-store.ts';
import type { Db } from '../store/schema.ts';

/** Something that does not add up. */
export interface Finding {
  readonly check: string;
  /** What it is about, such as an account or a check-in. */
  readonly subject: string;
  readonly detail: string;
}

export interface AuditContext {
  readonly db: Db;
  readonly store: Pick<Store, 'ingest'>;
  /** Something was looked at: for the progress. */
  readonly say: (text: string) => void;
  /** So many were not looked at, since retention has emptied them: that is told, too. */
  readonly passOver: (entries: number) => void;
}

/** One thing that has to hold; it yields what does not. */
export interface AuditCheck {
  /** What holds when it finds nothing. */
  readonly claim: string;
  readonly run: (context: AuditContext) => AsyncGenerator<Omit<Finding, 'check'>>;
}
