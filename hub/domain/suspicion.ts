import { distanceM, type Position } from './distance.ts';
import { groupBy } from './group-by.ts';

/** A check-in as whoever looks for oddities sees it. Only those whose time is certain are worth a look. */
export interface Seen {
  readonly id: number;
  readonly volunteer: string;
  readonly card: string;
  readonly station: string;
  readonly occurredMs: number;
}

export const suspicionKinds = [
  'impossible-walk',
  'two-places',
  'together',
  'machine-like',
  'burst',
] as const;
export type SuspicionKind = (typeof suspicionKinds)[number];

/**
 * Something that looks odd, with what it was seen in. It is for a person's eyes: nothing follows from it
 * by itself.
 */
export interface Suspicion {
  readonly kind: SuspicionKind;
  /** The same for the same finding, however often it is looked for. */
  readonly key: string;
  readonly volunteers: readonly string[];
  /** Journal ids of the check-ins that show it, at most `evidenceMax`. */
  readonly checkIns: readonly number[];
  /** What was reckoned: metres, seconds, shares. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface SuspicionRules {
  /** Faster than this between two stations is no walk, and hardly a ride through a district. */
  readonly speedMaxKmh: number;
  /** Stations nearer to each other than this tell nothing about speed. */
  readonly walkMinM: number;
  /** One card at two stations within so long. */
  readonly twoPlacesWithinS: number;
  /** Cards that follow each other at a reader within so long were shown together. */
  readonly togetherWithinS: number;
  /** So many times, and in such a share of both persons' check-ins. */
  readonly togetherMin: number;
  readonly togetherShare: number;
  /**
   * So many intervals in a row whose standard deviation is below so many seconds. Not a share of their
   * mean: who comes every morning within ten minutes is within a hundredth of a day, and no machine.
   */
  readonly machineIntervals: number;
  readonly machineSpreadS: number;
  /** So many days on which somebody taps at one station within so many seconds of the same time of day. */
  readonly clockDays: number;
  readonly clockWithinS: number;
  /** So many taps of one person within so long. */
  readonly burstTaps: number;
  readonly burstWithinS: number;
}

export const suspicionRules: SuspicionRules = {
  speedMaxKmh: 40,
  walkMinM: 300,
  twoPlacesWithinS: 60,
  togetherWithinS: 20,
  togetherMin: 10,
  togetherShare: 0.8,
  machineIntervals: 8,
  machineSpreadS: 20,
  clockDays: 10,
  clockWithinS: 30,
  burstTaps: 6,
  burstWithinS: 600,
};

const dayMs = 86_400_000;

/** Enough to see it, and not a list to drown in. */
export const evidenceMax = 50;

/**
 * Looks for what a person should look at.
 * @param seen in any order
 * @param positions of the stations that have one
 */
export function findSuspicions(
  seen: readonly Seen[],
  positions: ReadonlyMap<string, Position>,
  rules: SuspicionRules = suspicionRules,
): Suspicion[] {
  const sorted = seen.toSorted((a, b) => a.occurredMs - b.occurredMs || a.id - b.id);
  const byVolunteer = groupBy(sorted, ({ volunteer }) => volunteer);
  const ofEach = [...byVolunteer.values()].flatMap((own) => [
    ...placesAtOnce(own, rules),
    ...walks(own, positions, rules),
    ...bursts(own, rules),
    ...machines(own, rules),
    ...clockwork(own, rules),
  ]);
  return [...ofEach, ...together(sorted, byVolunteer, rules)];
}

/** One card at two stations at once: it was copied, or somebody lent a phone with its number. */
function placesAtOnce(own: readonly Seen[], rules: SuspicionRules): Suspicion[] {
  return inARow(own).flatMap(([first, next]) => {
    const seconds = (next.occurredMs - first.occurredMs) / 1000;
    const isOdd =
      first.card === next.card &&
      first.station !== next.station &&
      seconds <= rules.twoPlacesWithinS;
    return isOdd ? [suspicion('two-places', [first, next], { seconds })] : [];
  });
}

function walks(
  own: readonly Seen[],
  positions: ReadonlyMap<string, Position>,
  rules: SuspicionRules,
): Suspicion[] {
  // A station without a position between two others tells nothing, and hides nothing.
  const placed = own.filter(({ station }) => positions.has(station));
  return inARow(placed).flatMap(([first, next]) => {
    const [from, to] = [positions.get(first.station), positions.get(next.station)];
    if (!from || !to) return [];
    const metres = Math.round(distanceM(from, to));
    const seconds = (next.occurredMs - first.occurredMs) / 1000;
    if (metres < rules.walkMinM) return [];
    // Within the same second any distance is too far.
    const kmh = Math.round((metres / Math.max(seconds, 1)) * 3.6);
    if (kmh <= rules.speedMaxKmh) return [];
    return [suspicion('impossible-walk', [first, next], { metres, seconds, kmh })];
  });
}

/** Many taps in a short time; each stretch is told once. */
function bursts(own: readonly Seen[], rules: SuspicionRules): Suspicion[] {
  const found: Suspicion[] = [];
  let from = 0;
  while (from < own.length) {
    const first = own[from];
    if (!first) break;
    const untilMs = first.occurredMs + rules.burstWithinS * 1000;
    const taps = own.slice(from).filter(({ occurredMs }) => occurredMs <= untilMs);
    if (taps.length >= rules.burstTaps) {
      const seconds = ((taps.at(-1)?.occurredMs ?? 0) - first.occurredMs) / 1000;
      found.push(suspicion('burst', taps, { taps: taps.length, seconds }));
      from += taps.length;
    } else from += 1;
  }
  return found;
}

/** Intervals that no walking person keeps: a machine, or somebody who reads the clock for the points. */
function machines(own: readonly Seen[], rules: SuspicionRules): Suspicion[] {
  const found: Suspicion[] = [];
  const size = rules.machineIntervals + 1;
  let from = 0;
  while (from + size <= own.length) {
    const taps = own.slice(from, from + size);
    const { mean, spread } = spreadOf(intervals(taps));
    // What comes once a day is for `clockwork` to tell.
    if (mean > 0 && mean * 1000 < dayMs / 2 && spread <= rules.machineSpreadS) {
      const figures = { intervals: size - 1, meanS: Math.round(mean), spreadS: round1(spread) };
      found.push(suspicion('machine-like', taps, figures));
      from += size;
    } else from += 1;
  }
  return found;
}

/** At one station at the same time, day after day: a night between them hides no machine. */
function clockwork(own: readonly Seen[], rules: SuspicionRules): Suspicion[] {
  const withinMs = rules.clockWithinS * 1000;
  return [...groupBy(own, ({ station }) => station).values()].flatMap((taps) => {
    // Twice around the clock: what is spread about midnight (UTC, in which the times are) is together, too.
    const around = taps.flatMap((tap) => {
      const atMs = tap.occurredMs % dayMs;
      return [
        { tap, atMs },
        { tap, atMs: atMs + dayMs },
      ];
    });
    const byTime = around.toSorted((a, b) => a.atMs - b.atMs);
    let from = 0;
    for (const [to, last] of byTime.entries()) {
      while ((byTime[from]?.atMs ?? Infinity) < last.atMs - withinMs) from += 1;
      const within = byTime.slice(from, to + 1).map(({ tap }) => tap);
      const daysFromLast = within.map(({ occurredMs }) =>
        Math.round((occurredMs - last.tap.occurredMs) / dayMs),
      );
      const days = new Set(daysFromLast).size;
      if (days < rules.clockDays) continue;
      const inOrder = within.toSorted((a, b) => a.occurredMs - b.occurredMs);
      return [suspicion('machine-like', inOrder, { days, withinS: rules.clockWithinS })];
    }
    return [];
  });
}

/** Cards that are always shown together, as groups: somebody may carry those of others. */
function together(
  sorted: readonly Seen[],
  byVolunteer: ReadonlyMap<string, readonly Seen[]>,
  rules: SuspicionRules,
): Suspicion[] {
  const pairs = new Map<string, { first: string; second: string; at: Seen[] }>();
  for (const atStation of groupBy(sorted, ({ station }) => station).values()) {
    for (const [index, one] of atStation.entries()) {
      for (const other of atStation.slice(index + 1)) {
        if (other.occurredMs - one.occurredMs > rules.togetherWithinS * 1000) break;
        if (other.volunteer === one.volunteer) continue;
        const [first = '', second = ''] = [one.volunteer, other.volunteer].toSorted();
        const key = `${first} ${second}`;
        const pair = pairs.get(key) ?? { first, second, at: [] };
        pair.at.push(one, other);
        pairs.set(key, pair);
      }
    }
  }
  const count = (volunteer: string): number => byVolunteer.get(volunteer)?.length ?? 0;
  const close = [...pairs.values()].filter(({ first, second, at }) => {
    const times = at.length / 2;
    const rarer = Math.min(count(first), count(second));
    return times >= rules.togetherMin && times >= rules.togetherShare * rarer;
  });
  return joined(close).map(({ volunteers, at }) => ({
    ...suspicion('together', at, { times: Math.floor(at.length / volunteers.length) }),
    // The same people are the same finding, whenever it is looked for.
    key: `together/${volunteers.join('+')}`,
    volunteers,
  }));
}

/** Pairs that share somebody are one group: a round of five is one finding, and not ten. */
function joined(
  pairs: readonly { first: string; second: string; at: readonly Seen[] }[],
): { volunteers: string[]; at: Seen[] }[] {
  let groups: { members: Set<string>; at: Map<number, Seen> }[] = [];
  for (const { first, second, at } of pairs) {
    const touched = groups.filter(({ members }) => members.has(first) || members.has(second));
    const merged = {
      members: new Set([first, second]),
      at: new Map(at.map((one) => [one.id, one])),
    };
    for (const group of touched) {
      for (const member of group.members) merged.members.add(member);
      for (const [id, one] of group.at) merged.at.set(id, one);
    }
    groups = [...groups.filter((group) => !touched.includes(group)), merged];
  }
  return groups.map(({ members, at }) => ({
    volunteers: [...members].toSorted(),
    at: [...at.values()].toSorted((a, b) => a.occurredMs - b.occurredMs || a.id - b.id),
  }));
}

function suspicion(
  kind: SuspicionKind,
  at: readonly Seen[],
  figures: Readonly<Record<string, number>>,
): Suspicion {
  const checkIns = at.slice(0, evidenceMax).map(({ id }) => id);
  const volunteers = [...new Set(at.map(({ volunteer }) => volunteer))];
  return { kind, key: `${kind}/${checkIns.slice(0, 2).join('-')}`, volunteers, checkIns, figures };
}

const inARow = (own: readonly Seen[]): [Seen, Seen][] =>
  own.slice(1).flatMap((next, index) => {
    const first = own[index];
    return first ? [[first, next]] : [];
  });

/** In seconds. */
const intervals = (own: readonly Seen[]): number[] =>
  inARow(own).map(([first, next]) => (next.occurredMs - first.occurredMs) / 1000);

function spreadOf(values: readonly number[]): { mean: number; spread: number } {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  const square = values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length;
  return { mean, spread: Math.sqrt(square) };
}

const round1 = (value: number): number => Math.round(value * 10) / 10;
