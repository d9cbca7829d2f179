import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { freePort } from './free-port.ts';
import { Program } from './program.ts';

const hubMain = 'hub/main.ts';
const balancesSchema = z.array(z.looseObject({ id: z.string(), balance: z.int() }));

/** What every message on the feed says, as far as tests look at it. */
export const feedBodySchema = z.looseObject({ id: z.string(), state: z.string().optional() });
export type FeedBody = z.infer<typeof feedBodySchema>;

/**
 * A hub's data in a folder of its own, with one volunteer who has one card, and the settings of one
 * station; and the hub's program, which a test starts when it wants it.
 */
export class Scheme {
  readonly folder: string;
  readonly mqttPort: number;
  readonly stationFile: string;
  #volunteer = '';

  private constructor(folder: string, mqttPort: number) {
    this.folder = folder;
    this.mqttPort = mqttPort;
    this.stationFile = join(folder, 'station', 'station.json');
  }

  /** @param uid the volunteer's card. @param options of `station add`, such as what it is made of. */
  static async create(uid: string, options: readonly string[]): Promise<Scheme> {
    const folder = mkdtempSync(join(tmpdir(), 'yizhan-end-to-end-'));
    const scheme = new Scheme(folder, await freePort());
    const where = ['--out', scheme.stationFile, '--url', scheme.url];
    scheme.hubSays('station', 'add', 'Station 1', ...where, ...options);
    scheme.#volunteer = scheme.hubSays('volunteer', 'add', 'Volunteer 1');
    scheme.hubSays('card', 'add', '--volunteer', scheme.#volunteer, '--uid', uid);
    return scheme;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.mqttPort}`;
  }

  startHub(): Promise<Program> {
    const ports = ['--mqtt-port', `${this.mqttPort}`, '--http-port', '0'];
    const args = ['start', '--data', this.folder, ...ports];
    return Program.start(hubMain, args, /hub ready/);
  }

  /** Runs one of the hub's commands to its end. */
  askHub(...args: readonly string[]): ReturnType<typeof Program.run> {
    return Program.run(hubMain, [...args, '--data', this.folder]);
  }

  /** @returns what the command printed. @throws when it failed. */
  hubSays(...args: readonly string[]): string {
    const { status, stdout, stderr } = this.askHub(...args);
    if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  }

  /** @returns the rows that a command of the hub lists. @throws when it failed. */
  hubJson(...args: readonly string[]): Record<string, unknown>[] {
    const rows: unknown = JSON.parse(this.hubSays(...args, '--json'));
    return z.array(z.looseObject({})).parse(rows);
  }

  /** The volunteer's points, as `hub balance` says; NaN when it does not know the volunteer. */
  balance(): number {
    const rows: unknown = JSON.parse(this.hubSays('balance', '--json'));
    const found = balancesSchema.parse(rows).find(({ id }) => id === this.#volunteer);
    return found?.balance ?? Number.NaN;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
