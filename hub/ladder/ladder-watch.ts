import { setMaxListeners } from 'node:events';
import type { Log } from '../../shared/log.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import {
  atTheFoot,
  type Climb,
  climbed,
  type Ladder,
  type Rung,
  rungsDue,
} from '../domain/ladder.ts';
import { type Notice, type Notifier, NotifyError } from '../notify/notifier.ts';
import type { Db } from '../store/schema.ts';
import { AnswerTeller } from './answer-teller.ts';
import { attempt } from './attempt.ts';
import {
  nameOfRung,
  type Pending,
  readClimb,
  readUnanswered,
  type Unanswered,
  writeRung,
  writeTold,
} from './ladder-rows.ts';
import { noticeId } from './notice-id.ts';
import { PatientWrites } from './patient-writes.ts';

/** How soon an alarm is told to the first step, and an answer is seen, at most. */
const lookEveryMs = 250;
/** Alarms of whom it is remembered who was called while the history could not be written: bounds memory. */
const unwrittenMax = 1_000;

export interface LadderWatchOptions {
  readonly db: Db;
  readonly ladder: Ladder;
  readonly notifiers: readonly Notifier[];
  readonly nameOf: (station: string) => string;
  /** The hub's wall clock, milliseconds. */
  readonly now: () => number;
  readonly timers?: Timers;
  /** Called after each commit: the outbox has something. */
  readonly onCommitted: () => void;
  /**
   * A notifier works again (`undefined`), or does not, and why; `atMs`: by the hub's clock. One that fails
   * is called again until it succeeds.
   */
  readonly onTrouble: (notifier: string, trouble: string | undefined, atMs: number) => unknown;
  readonly log: Log;
}

interface Climbing {
  climb: Climb;
  /** Its age by the wall clock when it was first seen here, and the monotonic time then. */
  readonly seenAgeMs: number;
  readonly seenMs: number;
  /** The monotonic time of the latest round. */
  roundMs: number;
  /** Aborts when somebody has answered: nobody is to hear afterwards that nobody did. */
  readonly answered: AbortController;
}

/**
 * Brings alarms that nobody acknowledges before people: step by step up the ladder, and then again and
 * again (DESIGN, "Nothing times out silently"). Only a person's acknowledgement ends it; whoever was
 * called until then is told of that, and nothing that comes of telling them begins it again.
 */
export class LadderWatch {
  readonly #options: LadderWatchOptions;
  readonly #timers: Timers;
  readonly #notifiers: ReadonlyMap<string, Notifier>;
  readonly #climbing = new Map<number, Climbing>();
  readonly #telling = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  #turn: Promise<void> | undefined;
  #endLooks: () => void = () => {};
  readonly #answers: AnswerTeller;
  readonly #writes: PatientWrites;
  /** Who was called on rungs that could not be written, by alarm: the history does not know it. */
  readonly #unwritten = new Map<number, Set<string>>();

  constructor(options: LadderWatchOptions) {
    this.#options = options;
    // As many notices may be on their way at once as there are alarms and notifiers.
    setMaxListeners(0, this.#ending.signal);
    this.#timers = options.timers ?? systemTimers;
    this.#notifiers = new Map(options.notifiers.map((notifier) => [notifier.name, notifier]));
    const parts = { timers: this.#timers, notifiers: this.#notifiers, ending: this.#ending.signal };
    this.#writes = new PatientWrites(this.#timers, options.log);
    this.#answers = new AnswerTeller({
      ...{ ...options, ...parts, writes: this.#writes },
      onTrouble: (notifier, trouble) => this.#noteTrouble(notifier, trouble),
      calledBesides: (alarm) => this.#unwritten.get(alarm) ?? [],
    });
  }

  start(): void {
    for (const notifier of this.#options.notifiers) {
      notifier.start?.((trouble) => this.#noteTrouble(notifier.name, trouble));
    }
    this.#endLooks = this.#timers.every(lookEveryMs, () => this.look());
  }

  /** What is being told just now is called off: it is told again after the next start. */
  async stop(): Promise<void> {
    this.#endLooks();
    this.#ending.abort(new NotifyError('the hub ends'));
    await this.#turn;
    await Promise.all(this.#telling);
    await this.#answers.settled();
    await Promise.all(this.#options.notifiers.map((notifier) => notifier.stop?.()));
    await this.#writes.stop();
  }

  /** How many alarms have come past the last step. */
  get exhausted(): number {
    return [...this.#climbing.values()].filter(({ climb }) => climb.round > 0).length;
  }

  /** Looks for what is due, one look at a time. */
  look(): void {
    this.#turn ??= this.#look()
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'alarms not read'))
      .finally(() => {
        this.#turn = undefined;
      });
  }

  async #look(): Promise<void> {
    const alarms = await readUnanswered(this.#options.db);
    const open = new Set(alarms.map(({ id }) => id));
    for (const [id, { answered }] of this.#climbing) {
      if (open.has(id)) continue;
      answered.abort(new NotifyError('somebody has answered'));
      this.#climbing.delete(id);
    }
    for (const alarm of alarms) {
      if (this.#ending.signal.aborted) return;
      const climbing = this.#climbing.get(alarm.id) ?? (await this.#meet(alarm));
      for (const rung of this.#due(alarm, climbing)) {
        climbing.climb = climbed(climbing.climb, rung);
        if (rung.kind === 'round') climbing.roundMs = this.#timers.now();
        await this.#climb(alarm, rung);
      }
    }
    await this.#answers.look((id) => this.#climbing.has(id));
  }

  /** An alarm that is new, or that an earlier run of the hub has left half told. */
  async #meet(alarm: Unanswered): Promise<Climbing> {
    const { db, now, log } = this.#options;
    const seenAgeMs = Math.max(0, now() - alarm.stored_ms);
    const seen = { seenAgeMs, seenMs: this.#timers.now() };
    const answered = new AbortController();
    setMaxListeners(0, answered.signal);
    const climbing: Climbing = { climb: atTheFoot, roundMs: -Infinity, answered, ...seen };
    this.#climbing.set(alarm.id, climbing);
    try {
      const { climb, roundMs, pending } = await readClimb(db, alarm.id);
      climbing.climb = climb;
      const sinceMs = now() - roundMs;
      // A round of the future was told by a clock that was wrong: the next one is due.
      if (sinceMs >= 0) climbing.roundMs = this.#timers.now() - sinceMs;
      for (const call of pending) this.#tell(alarm, call);
    } catch (error) {
      // Whatever its history looks like, somebody must hear of it: from the foot again.
      log.error({ err: error, alarm: alarm.id }, 'history of an alarm not read');
    }
    return climbing;
  }

  /** A clock that was set back makes no alarm younger. */
  #due({ stored_ms }: Unanswered, { climb, seenAgeMs, seenMs, roundMs }: Climbing): Rung[] {
    const nowMs = this.#timers.now();
    const ageMs = Math.max(this.#options.now() - stored_ms, seenAgeMs + nowMs - seenMs);
    return rungsDue(this.#options.ladder, climb, { ageMs, sinceRoundMs: nowMs - roundMs });
  }

  async #climb(alarm: Unanswered, rung: Rung): Promise<void> {
    const { db, now, nameOf, onCommitted, log } = this.#options;
    const { station, id } = alarm;
    const atMs = now();
    try {
      const isOpen = await writeRung(db, alarm, rung, {
        nowMs: atMs,
        stationName: nameOf(station),
      });
      if (!isOpen) return; // the next look sees who has answered
      onCommitted();
    } catch (error) {
      // People are told all the same; after a restart perhaps twice, which is better than never.
      log.error({ err: error, alarm: id }, 'history of an alarm not written');
      this.#rememberCalled(id, rung.notify);
    }
    log.warn({ alarm: id, station, rung: nameOfRung(rung) }, 'alarm without an answer');
    for (const notifier of rung.notify) this.#tell(alarm, { rung, notifier, atMs });
  }

  #rememberCalled(alarm: number, names: readonly string[]): void {
    this.#unwritten.set(alarm, new Set([...(this.#unwritten.get(alarm) ?? []), ...names]));
    for (const oldest of this.#unwritten.keys()) {
      if (this.#unwritten.size <= unwrittenMax) break;
      this.#unwritten.delete(oldest);
    }
  }

  #noteTrouble(notifier: string, trouble: string | undefined): void {
    const { onTrouble, now } = this.#options;
    const atMs = now();
    this.#writes.add(`notifier ${notifier}`, () => onTrouble(notifier, trouble, atMs));
  }

  #tell(alarm: Unanswered, call: Pending): void {
    const { notifier } = call;
    const telling = this.#notify(alarm, call).catch((error: unknown) =>
      this.#options.log.error({ err: error, alarm: alarm.id, notifier }, 'not told'),
    );
    this.#telling.add(telling);
    void telling.then(() => this.#telling.delete(telling));
  }

  async #notify(alarm: Unanswered, call: Pending): Promise<void> {
    const { rung, notifier: name } = call;
    const { db, now, log } = this.#options;
    const answered = this.#climbing.get(alarm.id)?.answered.signal;
    if (answered === undefined) return;
    const startedMs = this.#timers.now();
    const signals = [this.#ending.signal, answered];
    const limits = { timers: this.#timers, signals };
    const notice = this.#noticeOf(alarm, call);
    const reason = await attempt(this.#notifiers.get(name), notice, limits);
    if (this.#ending.signal.aborted) return;
    // What was called off says nothing of the notifier.
    if (answered.aborted && reason !== undefined) return;
    if (reason !== undefined)
      log.error({ alarm: alarm.id, notifier: name, reason }, 'not notified');
    this.#noteTrouble(name, reason);
    const atMs = now();
    const tookMs = Math.round(this.#timers.now() - startedMs);
    const told = { rung, notifier: name, tookMs, reason };
    this.#writes.add(`alarm ${alarm.id}`, () => writeTold(db, alarm, told, atMs));
  }

  #noticeOf(alarm: Unanswered, { rung, notifier, atMs }: Pending): Notice {
    const { steps } = this.#options.ladder;
    return {
      id: noticeId(alarm, `${rung.kind}-${rung.number}`, atMs, notifier),
      alarmId: alarm.id,
      station: alarm.station,
      stationName: this.#options.nameOf(alarm.station),
      raisedMs: alarm.raised_ms,
      storedMs: alarm.stored_ms,
      isMistake: alarm.mistake_ms !== null,
      isTest: false,
      step: rung.kind === 'step' ? rung.number : steps.length + rung.number,
    };
  }
}
