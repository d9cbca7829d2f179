import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, FaultPlan } from './fault-plan.ts';
import { Pipe, type PipeMode, pass } from './pipe.ts';

/** A fault that needs traffic waits for it; a connection on which nothing is said for so long is spared. */
const trafficWithinMs = 6_000;
const lookAgainMs = 50;

export interface LinkOptions {
  readonly client: Socket;
  readonly server: Socket;
  readonly plan: FaultPlan;
  /** Told when a fault has really hit bytes or a connection. */
  readonly onHit: (fault: Fault) => void;
  readonly onAnswer: (chunk: Buffer) => void;
}

/** One connection through the proxy: two sockets, and what happens to them. */
export class FaultyLink {
  readonly #options: LinkOptions;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly #calmed = new AbortController();
  /** Bytes are missing from a stream, or one of its sides: it can only be ended. */
  #isSpoilt = false;
  #isSevered = false;
  #isSuffering = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { client, server, onAnswer } = options;
    this.#up = new Pipe(client, server, () => undefined);
    this.#down = new Pipe(server, client, onAnswer);
    for (const [one, other, pipe] of [
      [client, server, this.#up],
      [server, client, this.#down],
    ] as const) {
      one.on('error', () => other.destroy()); // resets are what this is for
      one.on('end', () => this.#passEnd(other, pipe));
      one.on('close', () => this.#passEnd(other, pipe));
    }
  }

  get isOpen(): boolean {
    return !this.#options.client.destroyed && !this.#options.server.destroyed;
  }

  /** Lets the plan's faults happen, one after the other, until one ends the connection. */
  async suffer(): Promise<void> {
    if (this.#isSuffering) return;
    this.#isSuffering = true;
    const { plan, onHit } = this.#options;
    while (this.isOpen && !this.#isCalm) {
      const fault = plan.next;
      await this.#wait(plan.waitMs());
      if (!this.isOpen || this.#isCalm || plan.next !== fault) continue;
      let hit = false;
      await this.#inflict(fault, () => {
        if (hit) return;
        hit = true;
        onHit(fault);
        if (plan.next === fault) plan.advance();
      });
    }
  }

  /** No more faults: what can be mended is, what cannot is ended. */
  calm(): void {
    this.#calmed.abort();
    if (this.#isSpoilt) {
      this.cut();
      return;
    }
    this.#up.mode = pass;
    this.#down.mode = pass;
    this.#up.thaw();
    this.#down.thaw();
  }

  cut(): void {
    for (const socket of [this.#options.client, this.#options.server]) socket.resetAndDestroy();
  }

  get #isCalm(): boolean {
    return this.#calmed.signal.aborted;
  }

  async #inflict(fault: Fault, hit: () => void): Promise<void> {
    switch (fault.kind) {
      case 'cut':
        this.cut();
        return hit();
      case 'half-open':
        return this.#sever(fault, hit);
      case 'lost-acknowledgement':
        return this.#loseAnswers(fault, hit);
      case 'truncated':
        return this.#truncate(fault, hit);
      case 'frozen':
        return this.#freeze(fault, hit);
      case 'delayed':
        return this.#makeLate(fault, hit);
    }
  }

  async #sever({ direction, holdMs }: Fault, hit: () => void): Promise<void> {
    const { client, server } = this.#options;
    const [gone, survivor] = direction === 'up' ? [server, client] : [client, server];
    this.#isSevered = true;
    this.#spoil(this.#up, () => undefined);
    this.#spoil(this.#down, () => undefined);
    gone.resetAndDestroy();
    // In the same turn: the survivor's socket is open and has heard of nothing.
    if (!survivor.destroyed) hit();
    await this.#wait(holdMs);
    survivor.resetAndDestroy();
  }

  async #loseAnswers({ holdMs }: Fault, hit: () => void): Promise<void> {
    let swallowed = false;
    this.#spoil(this.#down, () => {
      swallowed = true;
      hit();
    });
    await this.#wait(holdMs);
    await this.#until(() => swallowed);
    this.cut();
  }

  async #truncate({ direction, part }: Fault, hit: () => void): Promise<void> {
    let isDone = false;
    const onCut = (really: boolean): void => {
      isDone = true;
      if (really) hit();
      this.#endBehindWritten();
    };
    this.#isSpoilt = true;
    (direction === 'up' ? this.#up : this.#down).mode = { kind: 'cut-short', part, onCut };
    await this.#until(() => isDone);
    if (this.isOpen && !isDone) this.cut();
  }

  /** What is written arrives before the end; a reset could overtake it. */
  #endBehindWritten(): void {
    for (const socket of [this.#options.client, this.#options.server]) socket.destroySoon();
  }

  async #freeze({ holdMs }: Fault, hit: () => void): Promise<void> {
    const pipes = [this.#up, this.#down];
    for (const pipe of pipes) pipe.freeze();
    await this.#wait(holdMs);
    const isHoldingUp = (): boolean => pipes.some((pipe) => pipe.isHoldingUp);
    await this.#until(isHoldingUp);
    if (isHoldingUp()) hit();
    for (const pipe of pipes) pipe.thaw();
  }

  async #makeLate({ latencyMs, jitterMs, holdMs, part }: Fault, hit: () => void): Promise<void> {
    let came = 0;
    const late: PipeMode = {
      kind: 'late',
      onBytes: hit,
      // Uneven, and the same again for the same plan.
      lateMs: () => latencyMs + ((part * 997 * ++came) % 1) * jitterMs,
    };
    this.#up.mode = late;
    this.#down.mode = late;
    await this.#wait(holdMs);
    await this.#until(() => came > 0);
    this.#up.mode = pass;
    this.#down.mode = pass;
  }

  #spoil(pipe: Pipe, onBytes: () => void): void {
    this.#isSpoilt = true;
    pipe.mode = { kind: 'swallow', onBytes };
  }

  /** The end goes behind what is still late; a side that is made not to hear is not told. */
  #passEnd(other: Socket, pipe: Pipe): void {
    if (this.#isSevered) return;
    void pipe.settled().then(() => other.destroySoon());
  }

  /** Ends early when the faults are over. */
  async #wait(ms: number): Promise<void> {
    const { signal } = this.#calmed;
    if (signal.aborted) return;
    await new Promise<void>((done) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        done();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
    });
  }

  async #until(holds: () => boolean): Promise<void> {
    const deadlineMs = performance.now() + trafficWithinMs;
    while (!holds() && this.isOpen && !this.#isCalm && performance.now() < deadlineMs) {
      await delay(lookAgainMs);
    }
  }
}
