import type { HeldKind } from '../held-kind.ts';

export const heldSuspicions: HeldKind = {
  name: 'suspicions',
  what: 'What looked odd and was shown to a person, and what that person made of it. It names the anonymous number, and goes with the details of check-ins.',
  read: ({ db, volunteer }) =>
    db
      .selectFrom('suspicion')
      .select(['kind', 'figures', 'found_ms as foundMs', 'decision', 'note'])
      .select(['decided_by as decidedBy', 'decided_ms as decidedMs'])
      // A JSON list of ids, none of which is a part of another.
      .where((eb) => eb(eb.fn('instr', ['volunteers', eb.val(`"${volunteer}"`)]), '>', 0))
      .orderBy('id')
      .execute(),
};
