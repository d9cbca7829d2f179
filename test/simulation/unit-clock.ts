import type { Clock } from '../../shared/clock.ts';
import type { Reading } from '../../shared/wire/entry.ts';
import type { World } from './world.ts';

/** A unit without a battery clock comes up in 1970, or where it went off. */
const soonAfter1970Ms = 5_000;

/** The clocks of one unit: the wall clock may be anything, the monotonic one starts with each boot. */
export class UnitClock implements Clock {
  readonly #world: Pick<World, 'time' | 'random' | 'trace' | 'trueWallMs'>;
  #boot = 'boot-0';
  #boots = 0;
  #bootedMs: number;
  /** How far the wall clock is off. */
  #offMs = 0;
  #synced = true;

  constructor(world: Pick<World, 'time' | 'random' | 'trace' | 'trueWallMs'>) {
    this.#world = world;
    this.#bootedMs = world.time.now();
  }

  read(): Reading {
    const { time, trueWallMs } = this.#world;
    return {
      wallMs: Math.max(0, Math.round(trueWallMs() + this.#offMs)),
      monoMs: Math.round(time.now() - this.#bootedMs),
      boot: this.#boot,
      synced: this.#synced,
    };
  }

  reboot(): void {
    const { time, random, trueWallMs } = this.#world;
    this.#boots += 1;
    this.#boot = `boot-${this.#boots}-${random.between(0, 999_999)}`;
    this.#bootedMs = time.now();
    this.#synced = false;
    this.#offMs = random.chance(0.5)
      ? soonAfter1970Ms - trueWallMs()
      : -random.between(1_000, 3_600_000);
  }

  jump(byMs: number): void {
    this.#offMs += byMs;
    this.#synced = this.#world.random.chance(0.3);
  }

  /** A time service has set it. */
  synchronise(): void {
    this.#offMs = 0;
    this.#synced = true;
  }
}
