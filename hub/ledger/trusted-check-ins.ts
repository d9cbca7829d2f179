import { standingAt } from '../domain/card.ts';
import { type CardTrust, refusalOf } from '../domain/card-trust.ts';
import { groupBy } from '../domain/group-by.ts';
import { cardEvents } from '../ingest/card-events.ts';
import { verdictOn } from '../ingest/card-standing.ts';
import type { Db } from '../store/schema.ts';
import type { CountedDay } from './counted-days.ts';

/**
 * Which check-ins would count if cards had to prove as much as is asked, by what each card had shown:
 * other ones than do, where the policy of the day asks for more or less.
 */
export class TrustedCheckIns {
  readonly #db: Db;
  #events: ReturnType<typeof cardEvents> | undefined;

  constructor(db: Db) {
    this.#db = db;
  }

  async on(day: string, trust: CardTrust): Promise<CountedDay['byVolunteer']> {
    this.#events ??= cardEvents(this.#db);
    const events = await this.#events;
    const rows = await this.#db
      .selectFrom('check_in')
      .leftJoin('sun_reading', 'sun_reading.journal_id', 'check_in.journal_id')
      .leftJoin('enrolment_read', 'enrolment_read.journal_id', 'check_in.journal_id')
      .select(['volunteer_id as volunteer', 'check_in.station', 'check_in.epoch', 'check_in.seq'])
      .select(['minute', 'check_in.occurred_ms as occurredMs', 'outcome', 'points'])
      .select(['check_in.card', 'review', 'sun_reading.journal_id as proved', 'fault'])
      .select('enrolment_read.journal_id as read')
      .where('day', '=', day)
      .where('volunteer_id', 'is not', null)
      // A person has decided on that, whatever the card proved.
      .where('outcome', '<>', 'voided')
      .execute();
    const counted = rows.filter(({ card, occurredMs, review, proved, fault, read }) => {
      const proof = { trust: proved === null ? 'uid' : 'sun', fault } as const;
      const verdict = verdictOn(standingAt(events.get(card) ?? [], occurredMs), {
        isHeld: review !== null && review !== 'accepted',
        isRead: read !== null,
        refusal: refusalOf(proof, trust),
      });
      return verdict.counts === 1;
    });
    return groupBy(counted, ({ volunteer }) => volunteer);
  }
}
