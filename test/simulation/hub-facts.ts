import type Database from 'better-sqlite3';
import { z } from 'zod';
import { checkInOutcomeSchema, outcomeOnWire } from '../../hub/domain/scoring.ts';

const laneRow = z.object({
  station: z.string(),
  epoch: z.string(),
  name: z.string(),
  through: z.int(),
});
const checkInRow = z.object({
  station: z.string(),
  epoch: z.string(),
  seq: z.int(),
  outcome: checkInOutcomeSchema,
  transfers: z.int(),
});
const alarmRow = z.object({
  station: z.string(),
  epoch: z.string(),
  seq: z.int(),
  acknowledged_ms: z.int().nullable(),
  resolved_ms: z.int().nullable(),
});

const testRow = z.object({ station: z.string(), epoch: z.string(), seq: z.int() });

export type AlarmFact = 'stored' | 'acknowledged' | 'resolved';
export const keyOf = (station: string, epoch: string, seq: number): string =>
  `${station}/${epoch}/${seq}`;

/**
 * Whatever the hub has ever had on disk: a light may say what was true when its message was sent,
 * also when an older backup has taken the hub's place since.
 */
export class HubFacts {
  readonly #through = new Map<string, number>();
  readonly #known = new Set<string>();

  /** To be called after each durable commit. */
  learn(db: Database.Database, tables: ReadonlySet<string>): void {
    if (tables.has('lane')) {
      for (const row of db.prepare('SELECT station, epoch, name, through FROM lane').all()) {
        const { station, epoch, name, through } = laneRow.parse(row);
        const lane = `${station}/${epoch}/${name}`;
        this.#through.set(lane, Math.max(through, this.#through.get(lane) ?? 0));
      }
    }
    if (tables.has('check_in')) {
      const rows = db.prepare('SELECT station, epoch, seq, outcome, transfers FROM check_in').all();
      for (const row of rows) {
        const { station, epoch, seq, outcome, transfers } = checkInRow.parse(row);
        const key = keyOf(station, epoch, seq);
        // A light shows what a receipt said.
        this.#known.add(`${key} ${outcomeOnWire(outcome)}`);
        if (transfers > 0) this.#known.add(`${key} transferred`);
      }
    }
    if (tables.has('station_test')) this.#learnTests(db);
    if (tables.has('alarm')) {
      for (const row of db.prepare('SELECT * FROM alarm').all()) {
        const { station, epoch, seq, acknowledged_ms, resolved_ms } = alarmRow.parse(row);
        // A neighbour is told the alarm's key, which is nobody else's, and not whose it is.
        for (const key of [keyOf(station, epoch, seq), `${epoch}/${seq}`]) {
          this.#known.add(`${key} stored`);
          if (acknowledged_ms !== null) this.#known.add(`${key} acknowledged`);
          if (resolved_ms !== null) this.#known.add(`${key} resolved`);
        }
      }
    }
  }

  #learnTests(db: Database.Database): void {
    for (const row of db.prepare('SELECT * FROM station_test WHERE seq IS NOT NULL').all()) {
      const { station, epoch, seq } = testRow.parse(row);
      this.#known.add(`${keyOf(station, epoch, seq)} tested`);
    }
  }

  through(station: string, epoch: string, lane: string): number {
    return this.#through.get(`${station}/${epoch}/${lane}`) ?? 0;
  }

  outcomeWas(key: string, outcome: string): boolean {
    return this.#known.has(`${key} ${outcome}`);
  }

  wasTransferred(key: string): boolean {
    return this.#known.has(`${key} transferred`);
  }

  testWas(key: string): boolean {
    return this.#known.has(`${key} tested`);
  }

  alarmWas(key: string, fact: AlarmFact): boolean {
    return this.#known.has(`${key} ${fact}`);
  }

  /** Whether some station's alarm of this key was so. */
  callWas({ epoch, seq }: { epoch: string; seq: number }, fact: AlarmFact): boolean {
    return this.#known.has(`${epoch}/${seq} ${fact}`);
  }
}
