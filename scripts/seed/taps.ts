import type { Random } from '../../test/simulation/random.ts';
import type { District, SeededStation } from './district.ts';

export const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;

export interface SeededTap {
  readonly station: SeededStation;
  readonly card: string;
  readonly occurredMs: number;
}

/** A card that nobody registered, and one that somebody taps twice in a row. */
const strangerShare = 0.002;
const twiceShare = 0.03;

/**
 * Who taps where on one day, in the order in which it happens.
 * @param midnightMs when the day begins where the scheme is
 */
export function tapsOfDay(district: District, random: Random, midnightMs: number): SeededTap[] {
  const { volunteers, stations } = district;
  const taps: SeededTap[] = [];
  for (const { card, about, round, startMinute } of volunteers) {
    if (!random.chance(about)) continue;
    let atMs = midnightMs + (startMinute + random.between(-40, 40)) * minuteMs;
    for (const station of round) {
      // Not everybody finishes the round every day.
      if (random.chance(0.35)) break;
      atMs += random.between(7 * 60, 35 * 60) * 1000;
      if (atMs >= midnightMs + dayMs) break;
      taps.push({ station, card, occurredMs: atMs });
      if (random.chance(twiceShare)) taps.push({ station, card, occurredMs: atMs + 4_000 });
    }
  }
  for (const odd of oddTaps(district, taps, midnightMs)) taps.push(odd);
  for (const station of stations) {
    if (!random.chance(strangerShare * 10)) continue;
    const card = random.between(0, 0xffffffff).toString(16).padStart(32, '0');
    taps.push({ station, card, occurredMs: midnightMs + random.between(480, 1_200) * minuteMs });
  }
  return taps.toSorted((a, b) => a.occurredMs - b.occurredMs);
}

/** Every so many days somebody taps like a machine. */
const machineEveryDays = 20;
const machineTaps = 9;
const hourMs = 60 * minuteMs;

/** What somebody is to find: a card that another one carries along, and one that is tapped on the hour. */
function oddTaps(
  { volunteers, stations }: District,
  taps: readonly SeededTap[],
  midnightMs: number,
): SeededTap[] {
  const [carrier, carried, machine] = volunteers.slice(-3);
  const [station] = stations;
  const along = taps
    .filter(({ card }) => card === carrier?.card)
    .map((tap) => ({
      ...tap,
      card: carried?.card ?? tap.card,
      occurredMs: tap.occurredMs + 6_000,
    }));
  if (!machine || !station || Math.floor(midnightMs / dayMs) % machineEveryDays !== 0) return along;
  const onTheHour = Array.from({ length: machineTaps }, (_, hour) => ({
    ...{ station, card: machine.card },
    occurredMs: midnightMs + (8 + hour) * hourMs,
  }));
  return [...along, ...onTheHour];
}
