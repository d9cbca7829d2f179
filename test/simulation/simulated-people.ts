import type Database from 'better-sqlite3';
import { z } from 'zod';
import type { Ladder } from '../../hub/domain/ladder.ts';
import { LadderWatch, type LadderWatchOptions } from '../../hub/ladder/ladder-watch.ts';
import type { Notice, Notifier } from '../../hub/notify/notifier.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { invariants, violate, type World } from './world.ts';

export const ladder: Ladder = {
  steps: [
    { afterMs: 0, notify: ['duty'] },
    { afterMs: 20_000, notify: ['duty', 'chief'] },
  ],
  exhaustedAfterMs: 40_000,
  repeatEveryMs: 30_000,
};
/** Healed, a round comes within this for every alarm that nobody has acknowledged. */
export const roundComesMs = 75_000;
const answersWithinMs = [5, 3_000] as const;
const habits = { refuses: 0.2, hangs: 0.1 };

const toldSchema = z.object({ rung: z.string(), notifier: z.string() });
const eventSchema = z.object({ alarm_id: z.int(), detail: z.string() });
const alarmSchema = z.object({ id: z.int(), station: z.string(), seq: z.int() });

const nameOf = (alarm: number, step: number, notifier: string): string =>
  `alarm ${alarm}, step ${step}, ${notifier}`;

/** Those whom the hub tells of alarms, and the lines to them, which fail as lines do. */
export class SimulatedPeople {
  /** Notices that arrived: a hub that dies unlearns nothing of it. */
  readonly #notices = new Set<string>();
  #alarmsSinceHealed: Set<number> | undefined;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** From now on every line works. */
  heal(): void {
    this.#alarmsSinceHealed = new Set();
  }

  watch(
    process: SimulatedProcess,
    options: Pick<LadderWatchOptions, 'db' | 'nameOf' | 'now' | 'onCommitted'>,
  ) {
    return new LadderWatch({
      ...options,
      ladder,
      notifiers: ['duty', 'chief'].map((name) => this.#line(name, process)),
      timers: process.timers,
      onTrouble: () => {},
      log: process.log,
    });
  }

  /** An alarm that nobody has acknowledged was told to somebody; nothing is said to be told that was not. */
  check(db: Database.Database): void {
    const open = 'SELECT * FROM alarm WHERE acknowledged_ms IS NULL AND resolved_ms IS NULL';
    for (const row of db.prepare(open).all()) {
      const { id, station, seq } = alarmSchema.parse(row);
      if (this.#alarmsSinceHealed?.has(id)) continue;
      violate(this.#world, invariants.people, `alarm ${id} of ${station}, ${seq}`);
    }
    for (const row of db.prepare(`SELECT * FROM alarm_event WHERE event = 'notified'`).all()) {
      const { alarm_id, detail } = eventSchema.parse(row);
      const { rung, notifier } = toldSchema.parse(JSON.parse(detail));
      const [kind, number] = rung.split(' ');
      const step = Number(number) + (kind === 'round' ? ladder.steps.length : 0);
      const id = nameOf(alarm_id, step, notifier);
      if (!this.#notices.has(id)) violate(this.#world, invariants.notified, id);
    }
  }

  #line(name: string, process: SimulatedProcess): Notifier {
    const { random, trace } = this.#world;
    return {
      name,
      noticeMaxMs: 29_000,
      notify: (notice: Notice) =>
        new Promise<void>((resolve, reject) => {
          const isHealed = this.#alarmsSinceHealed !== undefined;
          if (!isHealed && random.chance(habits.hangs)) return;
          process.timers.after(random.between(...answersWithinMs), () => {
            if (!isHealed && random.chance(habits.refuses)) {
              reject(new Error('refused'));
              return;
            }
            trace.note(name, `is told ${notice.id}`);
            this.#notices.add(nameOf(notice.alarmId, notice.step, name));
            this.#alarmsSinceHealed?.add(notice.alarmId);
            resolve();
          });
        }),
    };
  }
}
