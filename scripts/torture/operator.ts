import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { Gate } from './gate.ts';
import { hubCommand } from './hub-command.ts';
import { Random } from './random.ts';
import type { Tally } from './tally.ts';
import type { Violations } from './violations.ts';

/** Each look starts a program or two, on a machine that has much else to do. */
const betweenLooksMs = { min: 2_000, max: 5_000 };
const resolveShare = 0.5;

const alarmsSchema = z.array(z.looseObject({ id: z.int(), state: z.string() }));

const statusSchema = z.looseObject({
  refusals: z.array(z.looseObject({ reason: z.string(), count: z.int() })),
});

/** Acknowledges and resolves alarms over the hub's command line, and remembers what was confirmed. */
export class Operator {
  readonly #dataDir: string;
  readonly #random: Random;
  readonly #tally: Tally;
  readonly #violations: Violations;
  #done = new Map<number, 'acknowledged' | 'resolved'>();
  readonly #commands = new Gate();

  constructor(dataDir: string, seed: string, tally: Tally, violations: Violations) {
    this.#dataDir = dataDir;
    this.#random = new Random(`${seed}/operator`);
    this.#tally = tally;
    this.#violations = violations;
  }

  /** Goes on until it is aborted. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pauseMs = this.#random.between(betweenLooksMs.min, betweenLooksMs.max);
      const untilMs = performance.now() + pauseMs;
      while (!signal.aborted && performance.now() < untilMs) await delay(50);
      if (signal.aborted) return;
      try {
        await this.whileIdle(() => this.#look());
      } catch (error) {
        this.#violations.add(`the operator's command failed: ${String(error)}`);
      }
    }
  }

  /** Does something while no command of the operator runs. */
  whileIdle<T>(work: () => Promise<T>): Promise<T> {
    return this.#commands.pass(work);
  }

  /** @returns what was confirmed to the operator, by alarm. */
  confirmed(): ReadonlyMap<number, 'acknowledged' | 'resolved'> {
    return new Map(this.#done);
  }

  /**
   * The hub was replaced by a backup, in which only this had been done. What came after it is lost with
   * the hub that confirmed it: such an alarm is open again, perhaps under another number, and the
   * operator finds it in the list and does it again.
   */
  onlyConfirmed(inBackup: ReadonlyMap<number, 'acknowledged' | 'resolved'>): void {
    this.#done = new Map(inBackup);
  }

  /** @returns how many alarms the hub knows; what was confirmed to the operator still holds. */
  async count(): Promise<number> {
    const alarms = await this.#list('--all');
    for (const [id, state] of this.#done) {
      const now = alarms.find((alarm) => alarm.id === id)?.state;
      if (now !== state) this.#violations.add(`alarm ${id} was ${state}, and is ${now}`);
    }
    return alarms.length;
  }

  /** @returns how many messages the hub refused, by reason. */
  async refusals(): Promise<Record<string, number>> {
    const { refusals } = statusSchema.parse(await this.#command('status'));
    const counts: Record<string, number> = {};
    for (const { reason, count } of refusals) counts[reason] = (counts[reason] ?? 0) + count;
    return counts;
  }

  async #look(): Promise<void> {
    const [oldest] = await this.#list();
    if (oldest === undefined) return;
    const { id, state } = oldest;
    const isResolving = state === 'acknowledged' || this.#random.chance(resolveShare);
    const by = ['--by', 'Operator 1'];
    if (isResolving) {
      await this.#command(
        'alarm',
        'resolve',
        `${id}`,
        ...by,
        '--cause',
        'test',
        '--note',
        'tried out',
      );
      this.#done.set(id, 'resolved');
      this.#tally.resolved += 1;
    } else {
      await this.#command('alarm', 'acknowledge', `${id}`, ...by);
      this.#done.set(id, 'acknowledged');
      this.#tally.acknowledged += 1;
    }
  }

  async #list(...options: readonly string[]): Promise<z.infer<typeof alarmsSchema>> {
    return alarmsSchema.parse(await this.#command('alarm', 'list', ...options));
  }

  #command(...args: readonly string[]): Promise<unknown> {
    return hubCommand(this.#dataDir, ...args);
  }
}
