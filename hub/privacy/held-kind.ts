import type { Store } from '../store/open-store.ts';
import type { Db, Trx } from '../store/schema.ts';

export interface ExportScene {
  /** As it stands at one moment. */
  readonly db: Db;
  readonly volunteer: string;
  readonly timeZone: string;
}

export interface EraseScene {
  readonly store: Pick<Store, 'ingest'>;
  readonly trx: Trx;
  readonly volunteer: string;
  readonly by: string;
  readonly atMs: number;
}

/** One kind of thing that is held on a person: how it is exported, and what an erasure makes of it. */
export interface HeldKind {
  /** Its name in the exported file. */
  readonly name: string;
  /** For who reads the file: what it is, and what an erasure leaves of it, if anything. */
  readonly what: string;
  readonly read: (scene: ExportScene) => Promise<unknown>;
  /** @throws Refusal when something has to be settled first */
  readonly refuse?: (scene: EraseScene) => Promise<void>;
  /** Removes it; not there for what goes with the details of check-ins, or stays. */
  readonly erase?: (scene: EraseScene) => Promise<void>;
}
