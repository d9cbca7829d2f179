import type { Bus, BusMessage } from '../../shared/bus/bus.ts';
import type { Log } from '../../shared/log.ts';
import { encodeMessage } from '../../shared/wire/codec.ts';
import type { HubMessage, ReceiptMessage, StationMessage } from '../../shared/wire/messages.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import type { TurnedAway } from '../bus/visitors.ts';
import { scoreDay } from '../domain/scoring.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { Store } from '../store/open-store.ts';
import { type Admitted, admit, type EntriesMessage, hasEntries, type Refused } from './admit.ts';
import { commitGroup, type Incoming, type Verdict } from './commit-group.ts';
import { mergeReceipts } from './merge-receipts.ts';
import { PolicyBook } from './policy-book.ts';
import { RefusalBook } from './refusal-book.ts';
import { ReplayWindow } from './replay-window.ts';
import type { StationDirectory } from './station-directory.ts';

/** Entries in one commit: bounds how long anybody waits for the one that is running. */
const entriesPerCommitMax = 500;

/** What the hub counts about ingest. */
export interface IngestMeter {
  refused(reason: string): void;
  committed(entries: number): void;
  receipted(): void;
}

export interface IngestParts {
  readonly store: Pick<Store, 'db' | 'ingest'>;
  readonly directory: StationDirectory;
  readonly bus: Pick<Bus, 'publish'>;
  /** Takes presence and health messages. */
  readonly presence: {
    heard(station: string): void;
    take(message: Exclude<StationMessage, EntriesMessage>): Promise<void>;
  };
  /** Called after each commit: the outbox has something. */
  readonly onCommitted: () => void;
  readonly meter: IngestMeter;
  readonly now: () => number;
  /** Fulfils once what has arrived by now was handed to `take`. */
  readonly arrivals: () => Promise<void>;
  readonly dayOf: (ms: number) => string;
  /** The rules of a day; a simulation may plant others. */
  readonly score?: typeof scoreDay;
  readonly log: Log;
}

interface Waiting {
  readonly incoming: Incoming;
  readonly raw: BusMessage;
  done(): void;
  failed(error: unknown): void;
}

/** Takes what stations send, commits it in groups, and answers with receipts. */
export class Ingest {
  readonly refusals = new RefusalBook();
  readonly #parts: IngestParts;
  readonly #replays = new ReplayWindow();
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(parts: IngestParts) {
    this.#parts = parts;
  }

  /**
   * Fulfils once the message is committed, or refused for good: its sender need not send it again.
   * Rejects when the commit failed; then nothing of it is stored.
   */
  async take(raw: BusMessage): Promise<void> {
    const { directory, now, presence } = this.#parts;
    const isReplay = (mac: string) => this.#replays.has(mac);
    const admission = admit(raw, { directory, isReplay, nowMs: now() });
    if (!admission.ok) return this.#refuse(admission.refused, raw);
    const { message } = admission.admitted;
    presence.heard(message.station);
    if (!hasEntries(message)) return presence.take(message);
    return this.#enqueue({ ...admission.admitted, message }, raw);
  }

  /** Waits for the commits that are under way. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #enqueue(incoming: Incoming, raw: BusMessage): Promise<void> {
    const { promise, resolve, reject } = deferred();
    this.#waiting.push({ incoming, raw, done: resolve, failed: reject });
    this.#running ??= this.#run();
    return promise;
  }

  /**
   * What arrives while a commit runs goes into the next one: a lone tap never waits for company.
   * SQLite commits without letting go of this thread, so what has arrived meanwhile still lies in
   * the sockets: they are read first, or every message would be a group of its own.
   */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#parts.arrivals();
      await this.#commit(this.#nextGroup());
    }
    // In the same turn as the check above: a message that comes later starts a run of its own.
    this.#running = undefined;
  }

  #nextGroup(): Waiting[] {
    // Alarms first (DESIGN, promise 4); a stable sort, so that each lane keeps its order.
    this.#waiting.sort((a, b) => urgency(a.incoming) - urgency(b.incoming));
    let entries = 0;
    const fits = this.#waiting.findIndex(({ incoming }) => {
      entries += incoming.texts.length;
      return entries > entriesPerCommitMax;
    });
    return this.#waiting.splice(0, fits === -1 ? this.#waiting.length : Math.max(1, fits));
  }

  async #commit(group: Waiting[]): Promise<void> {
    const { store, directory, dayOf, score = scoreDay, now, onCommitted, log } = this.#parts;
    const nameOf = (id: string): string => directory.nameOf(id);
    const statements = store.ingest;
    const context = { statements, nowMs: now(), dayOf, score, nameOf };
    const incoming = group.map((waiting) => waiting.incoming);
    let verdicts: Verdict[];
    try {
      verdicts = await store.db.transaction().execute((trx) => {
        const [policies, outgoing] = [new PolicyBook(statements), new Outgoing()];
        return commitGroup({ ...context, trx, policies, outgoing, issued: 0 }, incoming);
      });
    } catch (error) {
      log.error({ err: error, messages: group.length }, 'commit failed, rolled back');
      if (group.length === 1) for (const waiting of group) waiting.failed(error);
      // One message that cannot be committed must not hold up those that came with it.
      else for (const waiting of group) await this.#commit([waiting]);
      return;
    }
    const receipts: ReceiptMessage[] = [];
    for (const [index, { incoming, raw, done }] of group.entries()) {
      const verdict = verdicts[index];
      if (verdict?.kind === 'receipt') {
        if (verdict.fresh > 0) this.#replays.add(incoming.mac);
        this.#parts.meter.committed(verdict.fresh);
        receipts.push(verdict.receipt);
      } else if (verdict?.kind === 'fork') {
        const { station } = incoming.message;
        this.#refuse({ reason: 'fork', detail: verdict.detail, station }, raw);
      }
      done();
    }
    for (const receipt of mergeReceipts(receipts)) this.send(receipt);
    onCommitted();
  }

  /** Sends a signed message to its station. When it cannot be sent, the station asks again. */
  send(message: HubMessage): void {
    const { directory, bus, meter, log } = this.#parts;
    const station = directory.find(message.station);
    if (!station || station.revoked) return;
    const topic = stationTopic(message.station, message.kind);
    bus.publish(topic, encodeMessage(station.macKey, message)).then(
      () => message.kind === 'receipt' && meter.receipted(),
      (error) => log.warn({ err: error, topic }, 'not sent'),
    );
  }

  /** Counts who was turned away at the broker's door, with all else that is refused. */
  turnedAway({ reason, account, topic }: TurnedAway): void {
    const station = this.#parts.directory.find(account)?.id;
    const refused = { reason, detail: '', ...(station === undefined ? {} : { station }) };
    this.#refuse(refused, { topic, payload: new Uint8Array() });
  }

  #refuse(refused: Refused, raw: Pick<BusMessage, 'topic' | 'payload'>): void {
    const { log, meter, now } = this.#parts;
    this.refusals.note(refused, raw, now());
    meter.refused(refused.reason);
    log.warn({ ...refused, topic: raw.topic }, 'refused');
  }
}

const urgency = ({ message }: Admitted): number => (message.kind === 'alarm' ? 0 : 1);

function deferred() {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((fulfil, fail) => {
    resolve = fulfil;
    reject = fail;
  });
  return { promise, resolve, reject };
}
