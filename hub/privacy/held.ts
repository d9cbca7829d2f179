import type { Store } from '../store/open-store.ts';
import type { Db, Trx } from '../store/schema.ts';
import { heldActions } from './held/actions.ts';
import { heldCards } from './held/cards.ts';
import { heldCheckIns } from './held/check-ins.ts';
import { heldContributions } from './held/contributions.ts';
import { heldCorrections } from './held/corrections.ts';
import { heldHonours } from './held/honours.ts';
import { heldPerson } from './held/person.ts';
import { heldPoints } from './held/points.ts';
import { heldRedemptions } from './held/redemptions.ts';
import { heldSetAside } from './held/set-aside.ts';
import { heldSuspicions } from './held/suspicions.ts';
import { heldTeams } from './held/teams.ts';

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

/** All that is held on a person. The person comes last: until then the others can see who it is about. */
export const heldKinds: readonly HeldKind[] = [
  heldTeams,
  heldCards,
  heldCheckIns,
  heldPoints,
  heldCorrections,
  heldRedemptions,
  heldContributions,
  heldHonours,
  heldSuspicions,
  heldSetAside,
  heldActions,
  heldPerson,
];
