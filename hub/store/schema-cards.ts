import type { Generated } from 'kysely';
import type { CardStatus } from '../domain/card.ts';
import type { SunFault } from '../domain/card-trust.ts';

/** Cards, and what came of their taps beside check-ins. */
export interface CardTables {
  card: CardTable;
  card_event: CardEventTable;
  /** Cards of erased people: what was tapped before is nobody's for good. */
  forgotten_card: { token: string; not_before_ms: number };
  enrolment: EnrolmentTable;
  sun_reading: SunReadingTable;
  /** Highest counter among removed messages, and the last entry of the journal when it was kept. */
  card_counter: { card: string; counter: number; through: number };
  /** Check-ins that were readings of a card for an enrolment. */
  enrolment_read: { journal_id: number; enrolment_id: number };
}

/** What the latest event of a card came to. */
interface CardTable {
  token: string;
  volunteer_id: string;
  status: CardStatus;
  /** From when it holds. What was tapped before is judged by the events. */
  since_ms: Generated<number>;
}

/** What a card wrote when it was tapped. */
interface SunReadingTable {
  journal_id: number;
  card: string;
  station: string;
  epoch: string;
  seq: number;
  occurred_ms: number;
  /** How often the card had been read; null for a message that is not its own. */
  counter: number | null;
  fault: SunFault | null;
}

/** A card that an operator waits for, or waited for, at a station. */
interface EnrolmentTable {
  id: Generated<number>;
  /** Under which the station was told of it. */
  request: string;
  station: string;
  volunteer_id: string;
  by: string;
  asked_ms: number;
  until_ms: number;
  /** The token of the card that is out of use once another is here. */
  replaces: string | null;
  /** The token of the card that was read last and is nobody's. */
  read: string | null;
  /** Whose the card was that was tapped last and could not be taken. */
  refused: string | null;
  ended_ms: number | null;
  result: 'enrolled' | 'cancelled' | null;
}

/** What an operator said of a card. */
interface CardEventTable {
  id: Generated<number>;
  card: string;
  volunteer_id: string;
  status: CardStatus;
  /** From when it holds; `at` is when it was said. */
  from_ms: number;
  at: number;
  by: string;
  reason: string | null;
}
