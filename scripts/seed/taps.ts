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
export function tapsOfDay(
  { volunteers, stations }: District,
  random: Random,
  midnightMs: number,
): SeededTap[] {
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
  for (const station of stations) {
    if (!random.chance(strangerShare * 10)) continue;
    const card = random.between(0, 0xffffffff).toString(16).padStart(32, '0');
    taps.push({ station, card, occurredMs: midnightMs + random.between(480, 1_200) * minuteMs });
  }
  return taps.toSorted((a, b) => a.occurredMs - b.occurredMs);
}
