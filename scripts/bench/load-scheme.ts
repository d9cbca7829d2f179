import { addStation } from '../../hub/app/registry.ts';
import { volunteerAccount } from '../../hub/domain/ledger.ts';
import { openStore } from '../../hub/store/open-store.ts';
import { cardToken } from '../../shared/card-token.ts';
import { newVolunteerId } from '../../shared/ids.ts';
import { StationLane } from '../seed/station-lane.ts';

/** Enough that a day's check-ins of one volunteer stay few, as they are in life. */
const volunteersMin = 2_000;
/** More would run into the daily limit; these all earn points, which is the dearest case. */
const checkInsPerDay = 3;
/** Recent enough to be accepted without a review, and far enough back for all of a long run. */
const firstDayAgo = 44;
const dayMs = 86_400_000;
const hourMs = 3_600_000;
const firstDayMs = startOfDay(Date.now() - firstDayAgo * dayMs);

/** So many that all the check-ins of a run fit into the days gone by. */
const volunteersFor = (checkIns: number): number =>
  Math.max(volunteersMin, Math.ceil(checkIns / (firstDayAgo * checkInsPerDay)));

/** Midnight where the scheme lives, UTC+8 all the year. */
function startOfDay(ms: number): number {
  return Math.floor((ms + 8 * hourMs) / dayMs) * dayMs - 8 * hourMs;
}

export interface LoadStation {
  readonly id: string;
  readonly password: string;
  readonly history: StationHistory;
}

export interface LoadScheme {
  readonly stations: readonly LoadStation[];
  /** Volunteers' ids. */
  readonly volunteers: readonly string[];
}

/**
 * A card for each volunteer, as tokens.
 * @param checkIns how many there are to be of all together
 */
export const loadCards = (schemeKey: string, checkIns: number): string[] =>
  Array.from({ length: volunteersFor(checkIns) }, (_, index) =>
    cardToken(schemeKey, index.toString(16).padStart(8, '0')),
  );

/**
 * Makes a hub's data with stations, volunteers and cards.
 * @param checkIns how many the stations are to send, all together
 */
export async function makeLoadScheme(
  dataDir: string,
  stationsCount: number,
  checkIns: number,
): Promise<LoadScheme> {
  const store = openStore(dataDir);
  const schemeKey = await store.schemeKey();
  const cards = loadCards(schemeKey, checkIns);
  const volunteers = cards.map(() => newVolunteerId());
  await store.db.transaction().execute(async (trx) => {
    for (const [index, id] of volunteers.entries()) {
      const name = `Volunteer ${index + 1}`;
      await trx.insertInto('volunteer').values({ id, name, created_at: 0 }).execute();
      const account = { id: volunteerAccount(id), volunteer_id: id, balance: 0 };
      await trx.insertInto('account').values(account).execute();
      const card = { token: cards[index] ?? '', volunteer_id: id, status: 'active' } as const;
      await trx.insertInto('card').values(card).execute();
    }
  });
  const clock = new CheckInClock(cards);
  const stations: LoadStation[] = [];
  for (let number = 1; number <= stationsCount; number += 1) {
    const { station, macKey, password } = await addStation(store, `Station ${number}`, 'bench');
    stations.push({ id: station, password, history: new StationHistory(station, macKey, clock) });
  }
  await store.close();
  return { stations, volunteers };
}

/** Says who checks in next, and when: everybody a few times a day, hours apart, day after day. */
export class CheckInClock {
  readonly #cards: readonly string[];
  #count = 0;

  constructor(cards: readonly string[]) {
    this.#cards = cards;
  }

  /**
   * @throws RangeError when there are no days left: what lies in the hub's future is held for review
   * and dated anew, which is another load than the one that is meant
   */
  next(): { card: string; wallMs: number } {
    const index = this.#count++;
    const card = this.#cards[index % this.#cards.length] ?? '';
    const round = Math.floor(index / this.#cards.length);
    const day = Math.floor(round / checkInsPerDay);
    if (day >= firstDayAgo) throw new RangeError('more check-ins than there are days for');
    const hour = 9 + 2 * (round % checkInsPerDay);
    return { card, wallMs: firstDayMs + day * dayMs + hour * hourMs };
  }
}

/** A station's past, made up as it is sent. */
export class StationHistory {
  readonly #lane: StationLane;
  readonly #clock: CheckInClock;

  constructor(station: string, macKey: string, clock: CheckInClock) {
    this.#lane = new StationLane(station, macKey);
    this.#clock = clock;
  }

  get epoch(): string {
    return this.#lane.epoch;
  }

  get last(): number {
    return this.#lane.last;
  }

  /** @returns the next message of so many new check-ins, sealed. */
  message(entriesCount: number): Buffer {
    for (let entry = 0; entry < entriesCount; entry += 1) {
      const { card, wallMs } = this.#clock.next();
      this.#lane.checkIn(card, loadReading(wallMs));
    }
    return this.#lane.message(entriesCount, loadReading(Date.now()));
  }
}

/** The clocks of a station at a moment of the load's past. */
export const loadReading = (wallMs: number) => ({
  wallMs,
  monoMs: wallMs - firstDayMs,
  boot: '01234567-89ab-cdef-0123-456789abcdef',
  synced: true,
});
