import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { feedFilter } from '../../shared/wire/topics.ts';
import { eventually } from './eventually.ts';
import { type FeedBody, feedBodySchema } from './scheme.ts';

const idSchema = z.object({ id: z.string() });

/** `mosquitto_sub` on the feed: an operator's own tool, and a client that is none of ours. */
export class FeedListener {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.#output += data.toString();
      });
    }
  }

  /** Resolves once the broker has confirmed the subscription: nothing later is missed. */
  static async start(mqttPort: number): Promise<FeedListener> {
    // -d prints the protocol's steps too, each on a line that begins with a word instead of a topic.
    const sub = ['mosquitto_sub', '-d', '-v', '-V', '311', '-q', '1', '-t', feedFilter];
    // Into a pipe it would keep those steps back until the first message; stdbuf is of coreutils.
    const child = spawn('stdbuf', ['-oL', ...sub, '-p', String(mqttPort)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const listener = new FeedListener(child);
    await eventually('mosquitto_sub is subscribed', () => {
      if (child.exitCode !== null) throw new Error(`mosquitto_sub ended: ${listener.#output}`);
      return /^Subscribed /m.test(listener.#output);
    });
    return listener;
  }

  /** What it has printed under this kind, in order. What comes again under the same id is the same message. */
  messages(kind: string): FeedBody[] {
    const topic = feedFilter.replace('#', kind);
    const told = new Map<string, FeedBody>();
    for (const [, text = ''] of this.#output.matchAll(new RegExp(`^${topic} (.*)\\n`, 'gm'))) {
      const said: unknown = JSON.parse(text);
      const { id } = idSchema.parse(said);
      if (!told.has(id)) told.set(id, feedBodySchema.parse(said));
    }
    return [...told.values()];
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
