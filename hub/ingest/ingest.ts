import type { Bus, BusMessage } from '../../shared/bus/bus.ts';
import type { Log } from '../../shared/log.ts';
import { decodeStationMessage, encodeMessage } from '../../shared/wire/codec.ts';
import { carriedMac } from '../../shared/wire/mac.ts';
import type {
  HubMessage,
  ReceiptMessage,
  RelayMessage,
  StationMessage,
} from '../../shared/wire/messages.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import type { TurnedAway } from '../bus/visitors.ts';
import type { LocalDay } from '../domain/dating.ts';
import { scoreDay } from '../domain/scoring.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { Store } from '../store/open-store.ts';
import {
  type Admitted,
  admit,
  type EntriesMessage,
  hasEntries,
  type RefusalReason,
  type Refused,
} from './admit.ts';
import { carriedBy, type Leg, recordLegs } from './alarm-legs.ts';
import { commitGroup, type Incoming, type Verdict } from './commit-group.ts';
import type { CommitWork } from './commit-work.ts';
import { DatingAnew } from './dating-anew.ts';
import type { IngestMeter } from './ingest-meter.ts';
import { anewAtOnceMax } from './lane-dates.ts';
import { LockPatience } from './lock-patience.ts';
import { mergeReceipts } from './merge-receipts.ts';
import { PolicyBook } from './policy-book.ts';
import { RefusalBook } from './refusal-book.ts';
import { ReplayWindow, replayKey } from './replay-window.ts';
import type { StationDirectory } from './station-directory.ts';

/** Entries in one commit: bounds how long anybody waits for the one that is running. */
const entriesPerCommitMax = 500;

export interface IngestParts {
  readonly store: Pick<Store, 'db' | 'ingest'>;
  readonly directory: StationDirectory;
  readonly bus: Pick<Bus, 'publish'>;
  /** Takes presence and health messages. */
  readonly presence: {
    heard(station: string): void;
    take(
      message: Exclude<StationMessage, EntriesMessage | RelayMessage>,
    ): Promise<RefusalReason | undefined>;
  };
  /** Called after each commit: the outbox has something. */
  readonly onCommitted: () => void;
  readonly meter: IngestMeter;
  readonly now: () => number;
  /** Fulfils once what has arrived by now was handed to `take`. */
  readonly arrivals: () => Promise<void>;
  readonly dayOf: LocalDay;
  /** The rules of a day; a simulation may plant others. */
  readonly score?: typeof scoreDay;
  /** A test may say fewer. */
  readonly anewAtOnceMax?: number;
  readonly log: Log;
}

/** What there is to say to whoever brought a message. */
export type Answer =
  | { readonly kind: 'receipt'; readonly receipt: ReceiptMessage }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  /** It was taken, and is not of the kind that is answered. */
  | { readonly kind: 'heard' };

interface Waiting {
  readonly incoming: Incoming;
  readonly raw: BusMessage;
  readonly leg: Leg;
  readonly receivedMs: number;
  done(answer: Answer): void;
  failed(error: unknown): void;
}

/** Takes what stations send, commits it in groups, and answers with receipts. */
export class Ingest {
  readonly refusals = new RefusalBook();
  readonly #parts: IngestParts;
  readonly #replays = new ReplayWindow();
  readonly #anew: DatingAnew;
  readonly #patience: LockPatience;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(parts: IngestParts) {
    this.#parts = parts;
    this.#patience = new LockPatience(parts.log);
    this.#anew = new DatingAnew({
      store: parts.store,
      inTransaction: (run) => this.#inTransaction(run),
      entriesPerTurn: parts.anewAtOnceMax ?? anewAtOnceMax,
      onCommitted: parts.onCommitted,
      log: parts.log,
    });
  }

  /** Goes on with what another process, or a hub before this one, has left to be dated anew. */
  async resume(): Promise<void> {
    await this.#anew.resume();
    if (this.#anew.isWaiting) this.#running ??= this.#run();
  }

  /**
   * Fulfils once the message is committed, or refused for good: its sender need not send it again.
   * Rejects when the commit failed; then nothing of it is stored. It waits for who holds the store's lock.
   */
  async take(raw: BusMessage): Promise<void> {
    await this.answer(raw, { path: 'broker' });
  }

  /**
   * The same by whatever path it came, with what there is to say about it. Rejects when the commit failed.
   * @param raw as it would have come over the bus, topic included
   */
  async answer(raw: BusMessage, leg: Leg): Promise<Answer> {
    const { directory, now, presence } = this.#parts;
    const isReplay = (mac: string) => this.#replays.has(replayKey(mac, leg));
    const receivedMs = now();
    const admission = admit(raw, { directory, isReplay, nowMs: receivedMs });
    if (!admission.ok) return this.#refuse(carriedBy(admission.refused, leg), raw);
    const { message, texts, mac } = admission.admitted;
    if (message.kind === 'relay') return this.#carried(message, raw);
    if (hasEntries(message)) {
      // What a stranger or a neighbour brings says nothing of the station's own connection.
      if (leg.path === 'broker') presence.heard(message.station);
      return this.#enqueue({ incoming: { message, texts, mac }, raw, leg, receivedMs });
    }
    const { kind, station } = message;
    const reason = await this.#patience.onceUnlocked(() => presence.take(message));
    if (reason !== undefined) return this.#refuse({ reason, detail: kind, station }, raw);
    return { kind: 'heard' };
  }

  /** An alarm that a neighbour carries is admitted as if it had come from its origin, by its own MAC. */
  async #carried({ station: via, message }: RelayMessage, raw: BusMessage): Promise<Answer> {
    const payload = Buffer.from(message);
    const inner = decodeStationMessage(payload);
    if (!inner.ok) {
      return this.#refuse({ reason: inner.reason, detail: inner.detail, station: via }, raw);
    }
    const topic = stationTopic(inner.value.station, 'alarm');
    const answer = await this.answer({ topic, payload, retained: false }, { path: 'relay', via });
    const receipt = answer.kind === 'receipt' ? this.seal(answer.receipt) : undefined;
    const of = carriedMac(payload) ?? '';
    const text = receipt?.toString() ?? null;
    this.send({ v: 1, station: via, kind: 'relayed', of, receipt: text });
    return { kind: 'heard' };
  }

  /** Waits for the commits that are under way; what is still to be dated anew is left to the next hub. */
  async stop(): Promise<void> {
    this.#patience.stop();
    this.#anew.stop();
    await this.settled();
  }

  /** Waits for the commits that are under way, and until nothing is left to be dated anew. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #enqueue({ incoming, raw, leg, receivedMs }: Omit<Waiting, 'done' | 'failed'>) {
    return new Promise<Answer>((done, failed) => {
      this.#waiting.push({ incoming, raw, leg, receivedMs, done, failed });
      this.#running ??= this.#run();
    });
  }

  /**
   * What arrives while a commit runs goes into the next one: a lone tap never waits for company.
   * SQLite commits without letting go of this thread, so what has arrived meanwhile still lies in
   * the sockets: they are read first, or every message would be a group of its own.
   */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0 || this.#anew.isWaiting) {
      await this.#parts.arrivals();
      if (this.#waiting.length > 0) await this.#commit(this.#nextGroup());
      await this.#anew.turn();
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
    const { onCommitted, log } = this.#parts;
    const incoming = group.map((waiting) => waiting.incoming);
    let verdicts: Verdict[];
    const anew = new Set<number>();
    try {
      verdicts = await this.#patience.onceUnlocked(() =>
        this.#inTransaction((work) => commitGroup(work, incoming), anew),
      );
    } catch (error) {
      log.error({ err: error, messages: group.length }, 'commit failed, rolled back');
      if (group.length === 1) for (const waiting of group) waiting.failed(error);
      // One message that cannot be committed must not hold up those that came with it.
      else for (const waiting of group) await this.#commit([waiting]);
      return;
    }
    const receipts: ReceiptMessage[] = [];
    for (const [index, { incoming, raw, leg, done }] of group.entries()) {
      const verdict = verdicts[index];
      if (verdict?.kind === 'receipt') {
        const isBroker = leg.path === 'broker';
        if (verdict.fresh > 0 || !isBroker) this.#replays.add(replayKey(incoming.mac, leg));
        this.#parts.meter.committed(verdict.fresh);
        receipts.push(verdict.receipt);
        done({ kind: 'receipt', receipt: verdict.receipt });
      } else if (verdict?.kind === 'fork') {
        const { station } = incoming.message;
        const refused: Refused = { reason: 'fork', detail: verdict.detail, station };
        done(this.#refuse(carriedBy(refused, leg), raw));
      }
    }
    for (const receipt of mergeReceipts(receipts)) this.send(receipt);
    onCommitted();
    this.#anew.begin(anew);
    this.#anew.retry();
    await this.#recordLegs(group);
  }

  /** @param anew takes the lanes in which stored entries are to be dated anew once it is committed */
  #inTransaction<T>(run: (work: CommitWork) => Promise<T>, anew = new Set<number>()): Promise<T> {
    const { store, directory, dayOf, score = scoreDay, now, anewAtOnceMax } = this.#parts;
    const statements = store.ingest;
    const nameOf = (id: string): string => directory.nameOf(id);
    const context = { statements, nowMs: now(), dayOf, score, nameOf, anewAtOnceMax, anew };
    return store.db.transaction().execute((trx) => {
      const [policies, outgoing] = [new PolicyBook(statements), new Outgoing()];
      return run({ ...context, trx, policies, outgoing });
    });
  }

  /** Once it is known what the commit took. No alarm waits for it, and none is the worse when it fails. */
  async #recordLegs(group: readonly Waiting[]): Promise<void> {
    const { store, now, log } = this.#parts;
    const storedMs = now();
    const arrivals = group.flatMap(({ incoming: { message }, leg, receivedMs }) =>
      message.kind === 'alarm' ? [{ message, leg, receivedMs, storedMs }] : [],
    );
    if (arrivals.length === 0) return;
    await recordLegs(store.db, arrivals).catch((error: unknown) =>
      log.error({ err: error }, 'what the legs of an alarm took could not be recorded'),
    );
  }

  /** @returns the message as its station will believe it, or undefined when that may not speak any more. */
  seal(message: HubMessage): Buffer | undefined {
    const station = this.#parts.directory.find(message.station);
    return station && !station.revoked ? encodeMessage(station.macKey, message) : undefined;
  }

  /** Sends a signed message to its station. When it cannot be sent, the station asks again. */
  send(message: HubMessage): void {
    const { bus, meter, log } = this.#parts;
    const payload = this.seal(message);
    if (payload === undefined) return;
    const topic = stationTopic(message.station, message.kind);
    bus.publish(topic, payload).then(
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

  #refuse(refused: Refused, raw: Pick<BusMessage, 'topic' | 'payload'>): Answer {
    const { log, meter, now } = this.#parts;
    this.refusals.note(refused, raw, now());
    meter.refused(refused.reason);
    log.warn({ ...refused, topic: raw.topic }, 'refused');
    return { kind: 'refused', reason: refused.reason };
  }
}

const urgency = ({ message }: Admitted): number => (message.kind === 'alarm' ? 0 : 1);
