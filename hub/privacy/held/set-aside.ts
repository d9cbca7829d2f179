import type { HeldKind } from '../held-kind.ts';

export const heldSetAside: HeldKind = {
  name: 'setAside',
  what: 'Entries of a station whose past forked, in which a card of theirs is named. They name nobody once the cards are erased, and are emptied in time.',
  read: ({ db, volunteer }) =>
    db
      .selectFrom('set_aside')
      .select(['station', 'epoch', 'seq', 'body as entry', 'received_ms as receivedMs'])
      .select('decision')
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('card')
            .select('token')
            .where('volunteer_id', '=', volunteer)
            .where((eb) => eb(eb.fn('instr', ['body', 'token']), '>', 0)),
        ),
      )
      .orderBy('set_aside.id')
      .execute(),
};
