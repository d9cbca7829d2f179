import type { HeldKind } from '../held-kind.ts';

/** An erasure removes them as retention does, month by month: see `erasePerson`. */
export const heldCheckIns: HeldKind = {
  name: 'checkIns',
  what: 'Where and when a card of theirs was shown, what it came to, and what the card’s own message proved, as far as it is still kept. Erased, those of the last months as soon as nothing can come for them any more; their sums stay. The journal keeps clock, sequence and hash of each.',
  read: ({ db, volunteer }) =>
    db
      .selectFrom('check_in')
      .innerJoin('journal', 'journal.id', 'check_in.journal_id')
      .innerJoin('station', 'station.id', 'check_in.station')
      .leftJoin('sun_reading', 'sun_reading.journal_id', 'check_in.journal_id')
      .select(['check_in.station', 'station.name as stationName', 'check_in.epoch'])
      .select(['check_in.seq', 'check_in.card', 'day', 'check_in.occurred_ms as occurredMs'])
      .select(['journal.received_ms as receivedMs', 'dated_by as datedBy'])
      .select(['outcome', 'points', 'review', 'journal.body as entry'])
      .select(['counter as messageCounter', 'fault as messageFault'])
      .where('volunteer_id', '=', volunteer)
      .orderBy('check_in.journal_id')
      .execute(),
};
