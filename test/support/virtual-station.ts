import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { freePort } from './free-port.ts';
import { Program } from './program.ts';

/** Generous: it covers the longest wait between two attempts to reconnect, on a busy machine. */
const lightWithinMs = 40_000;

const entryKeySchema = z.object({ epoch: z.string(), seq: z.int() });
export type EntryKey = z.infer<typeof entryKeySchema>;

const viewSchema = z.looseObject({
  light: z.looseObject({ row: z.string() }),
  tone: z.looseObject({ name: z.string() }),
  neighbours: z.array(z.string()),
  backlog: z.int(),
  connection: z.string(),
  outcome: z.looseObject({ kind: z.string(), points: z.int().optional() }).nullable(),
  entries: z.object({ tap: entryKeySchema.nullable(), alarm: entryKeySchema.nullable() }),
  parts: z.looseObject({ journal: z.string() }),
  cards: z.array(z.object({ uid: z.string(), label: z.string() })),
});
export type StationView = z.infer<typeof viewSchema>;

/** The page of a virtual station, as a program uses it. */
export class StationPage {
  readonly #url: string;

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}`;
  }

  async view(): Promise<StationView> {
    const answer = await fetch(`${this.#url}/panel`);
    return viewSchema.parse(await answer.json());
  }

  /** @returns how the unit stands right after it. */
  tap(uid: string): Promise<StationView> {
    return this.#post('/tap', { uid });
  }

  press(holdMs: number): Promise<StationView> {
    return this.#post('/press', { holdMs });
  }

  /** Waits for a row of the light table; asks often, since some rows are shown for a second only. */
  async light(row: string): Promise<void> {
    const seen: string[] = [];
    const deadlineMs = performance.now() + lightWithinMs;
    while (performance.now() < deadlineMs) {
      const now = (await this.view()).light.row;
      if (now === row) return;
      if (seen.at(-1) !== now) seen.push(now);
      await delay(5);
    }
    throw new Error(`the light never said ${row}, only ${seen.join(', ')}`);
  }

  async #post(path: string, body: object): Promise<StationView> {
    const answer = await fetch(`${this.#url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status !== 202) throw new Error(`${path}: ${await answer.text()}`);
    return viewSchema.parse(await answer.json());
  }
}

/** A virtual station as a program of its own, and its page. */
export class VirtualStation extends StationPage {
  readonly program: Program;

  private constructor(program: Program, port: number) {
    super(port);
    this.program = program;
  }

  static async start(settingsFile: string): Promise<VirtualStation> {
    const port = await freePort();
    const args = ['--settings', settingsFile, '--virtual', '--station-port', `${port}`];
    const program = await Program.start('device/main.ts', args, /virtual station: http/);
    return new VirtualStation(program, port);
  }

  stop(signal?: NodeJS.Signals): ReturnType<Program['stop']> {
    return this.program.stop(signal);
  }
}
