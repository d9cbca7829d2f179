import { setImmediate } from 'node:timers/promises';
import { localDay } from '../../hub/domain/dating.ts';
import { addDays, startOfDay } from '../../hub/domain/local-time.ts';
import { Ingest } from '../../hub/ingest/ingest.ts';
import { StationDirectory } from '../../hub/ingest/station-directory.ts';
import { openStore, type Store } from '../../hub/store/open-store.ts';
import { createLog } from '../../shared/log.ts';
import { entriesPerMessageMax } from '../../shared/wire/limits.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import { Random } from '../../test/simulation/random.ts';
import { type DeskFigures, OperatorsDesk, operators } from './desk.ts';
import { type District, makeDistrict, type SeededStation } from './district.ts';
import { dayMs, minuteMs, tapsOfDay } from './taps.ts';

export interface SeedOptions {
  readonly dataDir: string;
  readonly seed: number;
  /** Local date of the first day, and how many days. */
  readonly from: string;
  readonly days: number;
  readonly stations: number;
  readonly volunteers: number;
  readonly say: (text: string) => void;
}

export interface SeedFigures extends DeskFigures {
  readonly checkIns: number;
  /** Of those, sent days after they happened. */
  readonly late: number;
  /** Of those, by a unit whose clock stood in 1970. */
  readonly clockless: number;
  readonly seconds: number;
}

export const seedTimeZone = 'Asia/Shanghai';
/** A station is without network so often, and for so many days. */
const outageShare = 0.004;
const outageDaysMax = 9;
const clocklessShare = 0.002;
/** After midnight: by then the evening's check-ins of the day before have come. */
const deskOpensMs = 9 * 60 * minuteMs;

/** Makes up a district and lets it live for some days, through the hub's own ingest and functions. */
export async function seedDays(options: SeedOptions): Promise<SeedFigures> {
  const startedMs = performance.now();
  const store = openStore(options.dataDir);
  try {
    const world = await SeededWorld.make(store, options);
    for (let day = 0; day < options.days; day += 1) {
      await world.live(addDays(options.from, day));
      options.say(`day ${day + 1} of ${options.days}: ${world.figures.checkIns} check-ins`);
    }
    await world.bringHome();
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    return { ...world.figures, ...world.desk.figures, seconds };
  } finally {
    await store.close();
  }
}

interface Unit {
  /** The day on which it has network again. */
  backOn: string;
  bootMs: number;
  boot: string;
  /** Whether its clock stands in 1970 until it has network. */
  clockless: boolean;
}

class SeededWorld {
  readonly figures = { checkIns: 0, late: 0, clockless: 0 };
  readonly desk: OperatorsDesk;
  readonly #random: Random;
  readonly #district: District;
  readonly #ingest: Ingest;
  readonly #units = new Map<string, Unit>();
  readonly #dayOf = localDay(seedTimeZone);
  #nowMs = 0;
  #refused: string | undefined;

  private constructor(
    store: Store,
    directory: StationDirectory,
    random: Random,
    district: District,
  ) {
    this.#random = random;
    this.#district = district;
    this.desk = new OperatorsDesk(store, random, district, this.#dayOf);
    this.#ingest = new Ingest({
      ...{ store, directory, dayOf: this.#dayOf, log: createLog('seed', 'silent') },
      bus: { publish: async () => {} },
      presence: { heard: () => {}, take: async () => undefined },
      onCommitted: () => {},
      meter: {
        refused: (reason) => {
          this.#refused ??= reason;
        },
        ...{ committed: () => {}, receipted: () => {} },
      },
      now: () => this.#nowMs,
      arrivals: setImmediate,
    });
  }

  static async make(store: Store, options: SeedOptions): Promise<SeededWorld> {
    const random = new Random(options.seed);
    const sinceMs = startOfDay(options.from, localDay(seedTimeZone));
    const district = await makeDistrict(store, random, options, { by: operators[0], sinceMs });
    const directory = new StationDirectory(store.db);
    await directory.refresh();
    return new SeededWorld(store, directory, random, district);
  }

  /** One day: people tap, and in the evening the stations that have network have sent it all. */
  async live(day: string): Promise<void> {
    const midnightMs = startOfDay(day, this.#dayOf);
    if (this.#nowMs === 0) await this.desk.open(midnightMs);
    await this.desk.work(day, midnightMs + deskOpensMs);
    for (const { id } of this.#district.stations) this.#startUnit(id, day, midnightMs);
    for (const { station, card, occurredMs } of tapsOfDay(
      this.#district,
      this.#random,
      midnightMs,
    )) {
      const unit = this.#unit(station.id);
      station.lane.checkIn(card, reading(unit, occurredMs, !unit.clockless));
      this.figures.checkIns += 1;
      if (unit.backOn > day) this.figures.late += 1;
      if (unit.clockless) this.figures.clockless += 1;
    }
    this.#nowMs = midnightMs + dayMs - minuteMs;
    await this.#send(this.#district.stations.filter(({ id }) => this.#unit(id).backOn <= day));
  }

  /** Whoever is still without network comes back. */
  async bringHome(): Promise<void> {
    await this.#send(this.#district.stations);
  }

  #startUnit(id: string, day: string, midnightMs: number): void {
    const known = this.#units.get(id);
    if (known && known.backOn > day) return;
    const isOut = this.#random.chance(outageShare);
    this.#units.set(id, {
      backOn: isOut ? addDays(day, this.#random.between(1, outageDaysMax)) : day,
      bootMs: midnightMs,
      boot: `${id}-${day}`,
      clockless: this.#random.chance(clocklessShare),
    });
  }

  #unit(id: string): Unit {
    const unit = this.#units.get(id);
    if (!unit) throw new Error(`station ${id} was never started`);
    return unit;
  }

  async #send(stations: readonly SeededStation[]): Promise<void> {
    const sent = stations.map(async ({ id, lane }) => {
      while (lane.waiting > 0) {
        const at = reading(this.#unit(id), this.#nowMs, true);
        const payload = lane.message(entriesPerMessageMax, at);
        await this.#ingest.take({ topic: stationTopic(id, 'journal'), payload, retained: false });
      }
    });
    await Promise.all(sent);
    if (this.#refused !== undefined) throw new Error(`the hub refused: ${this.#refused}`);
  }
}

/** What a unit's clocks say. Without a battery, the wall clock begins in 1970 until there is network. */
const reading = ({ bootMs, boot }: Unit, ms: number, synced: boolean) => ({
  ...{ monoMs: ms - bootMs, boot, synced },
  wallMs: synced ? ms : ms - bootMs,
});
