import { addCard } from '../../hub/app/cards.ts';
import { addStation, addVolunteer } from '../../hub/app/registry.ts';
import { describeStation } from '../../hub/app/station-details.ts';
import { addMember, addTeam } from '../../hub/app/teams.ts';
import { keysOf, stationKindWords } from '../../hub/people/words.ts';
import type { Store } from '../../hub/store/open-store.ts';
import { cardToken } from '../../shared/card-token.ts';
import type { Random } from '../../test/simulation/random.ts';
import { StationLane } from './station-lane.ts';

/** Somewhere in a city; each station is a few minutes' walk from the next. */
const centre = { latitude: 41.79, longitude: 123.42 };
const spreadDegrees = 0.012;

export interface SeededStation {
  readonly id: string;
  readonly lane: StationLane;
  /** How much people like to come here: a few stations are rarely visited. */
  readonly liking: number;
}

/** What somebody does day by day. */
export interface SeededVolunteer {
  readonly id: string;
  readonly card: string;
  /** Share of days on which they are about. */
  readonly about: number;
  /** Stations on a usual round, in order. */
  readonly round: readonly SeededStation[];
  /** Minute of the day at which they usually start. */
  readonly startMinute: number;
}

export interface District {
  readonly stations: readonly SeededStation[];
  readonly volunteers: readonly SeededVolunteer[];
}

/** A patrol of grandmothers, as there is one. */
const patrolSize = 21;
const roundMax = 6;
const rarelyLiked = 0.05;

/** Makes stations, volunteers and their cards with the functions that operators use. */
export async function makeDistrict(
  store: Store,
  random: Random,
  {
    stations: stationsCount,
    volunteers: volunteersCount,
  }: { stations: number; volunteers: number },
  { by, sinceMs }: { by: string; sinceMs: number },
): Promise<District> {
  const stations: SeededStation[] = [];
  for (let number = 1; number <= stationsCount; number += 1) {
    const { station, macKey } = await addStation(store, `Station ${number}`, by);
    const liking = random.chance(0.1) ? rarelyLiked : 0.5 + random.next();
    stations.push({ id: station, lane: new StationLane(station, macKey), liking });
    const position = {
      latitude: centre.latitude + (random.next() - 0.5) * spreadDegrees * 2,
      longitude: centre.longitude + (random.next() - 0.5) * spreadDegrees * 2,
    };
    await store.db
      .insertInto('station_position')
      .values({ station, ...position })
      .execute();
    const names = {
      nameZh: `驿站 ${number}`,
      nameEn: `Station ${number}`,
      nameKo: `쉼터 ${number}`,
    };
    const kind = random.pick(keysOf(stationKindWords));
    await describeStation(store, station, { ...names, kind, help: ['rest-seats', 'water'] }, by);
  }
  const schemeKey = await store.schemeKey();
  const volunteers: SeededVolunteer[] = [];
  for (let number = 1; number <= volunteersCount; number += 1) {
    const id = await addVolunteer(store, `Volunteer ${number}`, by);
    const uid = `04${number.toString(16).padStart(12, '0')}`;
    await addCard(store, id, uid, by);
    volunteers.push({
      ...{ id, card: cardToken(schemeKey, uid) },
      about: 0.15 + 0.7 * random.next(),
      round: roundOf(random, stations),
      startMinute: random.chance(0.15)
        ? random.between(18 * 60, 22 * 60)
        : random.between(6 * 60, 16 * 60),
    });
  }
  const patrol = { zh: '“阿妈妮”巡逻队', en: 'Amani Patrol', ko: '어머니 순찰대' };
  const team = await addTeam(store, patrol, by);
  for (const { id } of volunteers.slice(0, patrolSize)) {
    await addMember(store, { team, volunteer: id }, by, sinceMs);
  }
  return { stations, volunteers };
}

/** A few stations, liked ones more often. */
function roundOf(random: Random, stations: readonly SeededStation[]): SeededStation[] {
  const length = random.between(1, Math.min(roundMax, stations.length));
  const round = new Set<SeededStation>();
  while (round.size < length) {
    const one = random.pick(stations);
    if (random.next() < one.liking) round.add(one);
  }
  return [...round];
}
