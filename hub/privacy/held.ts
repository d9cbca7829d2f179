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
import type { HeldKind } from './held-kind.ts';

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
