import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { systemTimers, type Timers } from '../shared/timers.ts';
import { type Lane, lanes } from '../shared/wire/entry.ts';
import { decide, wakeAtMs } from './domain/decide.ts';
import { healthOf } from './domain/health.ts';
import { backlog } from './domain/lane.ts';
import { otherPastDetail } from './domain/retirement.ts';
import { lights, tones } from './domain/signals.ts';
import { presenceOf, type StationState } from './domain/state.ts';
import type { EntryDraft, Input, Step } from './domain/steps.ts';
import { isDamage, isDiskFull, reasonOf } from './journal/journal-failure.ts';
import type { JournalKeeper } from './journal/journal-keeper.ts';
import type { Panel } from './panel/panel.ts';
import type { Uplink } from './uplink/uplink.ts';

export interface BrainParts {
  readonly keeper: JournalKeeper;
  readonly panel: Panel;
  readonly uplink: Uplink;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly diskFreeBytes: () => number;
  readonly timers?: Timers;
  /** The rules that it goes by; a simulation may plant others. */
  readonly decide?: typeof decide;
}

/** Timers of Node take at most 2^31-1 ms; the station announces itself far more often anyway. */
const wakeMsMax = 60_000;

/** How often a journal in memory tries the disk again: some writes, which a full disk refuses at once. */
export const fileAgainAfterMs = 60_000;

/** Runs `decide`: feeds it what happens, and performs the steps that it answers with, in order. */
export class Brain {
  readonly #parts: BrainParts;
  readonly #waiting: Input[] = [];
  readonly #listeners = new Set<() => void>();
  #state: StationState;
  #deciding = false;
  readonly #timers: Timers;
  readonly #decide: typeof decide;
  #callOff: () => void = () => {};
  #fileAgainMs: number;
  /** The epoch of the last alarm that was sent: the hub may have some of that epoch's alarms. */
  #alarmSentOf: string | undefined;

  constructor(parts: BrainParts, initial: StationState) {
    this.#parts = parts;
    this.#state = initial;
    this.#timers = parts.timers ?? systemTimers;
    this.#decide = parts.decide ?? decide;
    this.#fileAgainMs = this.#timers.now() + fileAgainAfterMs;
  }

  get state(): StationState {
    return this.#state;
  }

  /** @returns a function that ends the listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One input at a time: what a step brings about waits until the steps before it are done. */
  readonly dispatch = (input: Input): void => {
    this.#waiting.push(input);
    this.#run();
  };

  /** What the hub says could not be held against the journal. */
  readonly onUnreadable = (lane: Lane, error: unknown): void => {
    this.#unreadable(lane, error);
    this.#run();
  };

  #run(): void {
    if (this.#deciding) return;
    this.#deciding = true;
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#take(next);
    } finally {
      this.#deciding = false;
    }
    this.#schedule();
    for (const listener of this.#listeners) listener();
  }

  stop(): void {
    this.#callOff();
    this.#listeners.clear();
  }

  #take(input: Input): void {
    const { state, steps } = this.#decide(this.#state, input, this.#timers.now());
    this.#state = state;
    for (const step of steps) this.#perform(step);
    if (input.type === 'tick') this.#tryFile();
  }

  #schedule(): void {
    this.#callOff();
    const inMs = Math.min(Math.max(0, wakeAtMs(this.#state) - this.#timers.now()), wakeMsMax);
    this.#callOff = this.#timers.after(Math.ceil(inMs), () => this.dispatch({ type: 'tick' }));
  }

  #perform(step: Step): void {
    const { keeper, panel, uplink } = this.#parts;
    switch (step.type) {
      case 'append':
        this.#append(step.lane, step.draft);
        return;
      case 'send':
        if (this.#isOfThisEpoch()) this.#send(step);
        return;
      case 'keep-cursor':
        if (this.#isOfThisEpoch()) this.#keepCursor(step.lane, step.committed);
        return;
      case 'begin-epoch':
        this.#beginEpoch(step.epoch, step.last);
        return;
      case 'keep-latched':
        this.#keep(() => keeper.journal.keepLatched(step.alarms));
        return;
      case 'keep-hold':
        this.#keep(() => keeper.journal.keepHold(step.hold));
        return;
      case 'show':
        panel.show(lights[step.light]);
        return;
      case 'sound':
        panel.sound(tones[step.tone]);
        return;
      case 'hurry':
        uplink.hurry();
        return;
      case 'announce':
        this.announce();
        return;
    }
  }

  /** A journal that was replaced just now has other entries than the steps before that news speak of. */
  #isOfThisEpoch(): boolean {
    return this.#parts.keeper.journal.epoch === this.#state.epoch;
  }

  #send({ lane, from, through }: Extract<Step, { type: 'send' }>): void {
    const { keeper, uplink } = this.#parts;
    if (lane === 'alarm') this.#alarmSentOf = keeper.journal.epoch;
    try {
      uplink.send(keeper.journal, lane, from, through);
    } catch (error) {
      this.#unreadable(lane, error);
    }
  }

  /** An entry that came in between must reach the hub first; `decide` hears of it and asks again. */
  #beginEpoch(epoch: string, last: Readonly<Record<Lane, number>>): void {
    const { keeper, log } = this.#parts;
    const { journal } = keeper;
    if (journal.epoch !== epoch || lanes.some((lane) => journal.last(lane) !== last[lane])) return;
    if (!keeper.retire()) {
      log.error({ epoch }, 'the journal could not be set aside: this epoch goes on for now');
      return;
    }
    log.warn({ before: epoch, epoch: keeper.journal.epoch }, otherPastDetail);
    this.#replaced();
  }

  /** Says how the station is, now. */
  announce(): void {
    const { uplink, version, diskFreeBytes } = this.#parts;
    const now = { ...healthOf(this.#state), diskFreeBytes: diskFreeBytes() };
    uplink.announce(presenceOf(this.#state), { version, ...now });
  }

  /** Only after the journal has synced the entry is anything shown or sent for it. */
  #append(lane: 'alarm' | 'routine', draft: EntryDraft): void {
    const { keeper, clock, log } = this.#parts;
    if (lane === 'routine' && !keeper.durable) {
      this.#waiting.push({ type: 'append-failed', draft });
      return;
    }
    try {
      const { seq } = keeper.journal.append(lane, draft, clock.read());
      this.#waiting.push({ type: 'appended', lane, seq, draft });
      this.#reportJournal();
    } catch (error) {
      log.error({ err: error, lane, entry: draft.type }, 'the journal could not take an entry');
      this.#afterFailure(lane, draft, error);
    }
  }

  /** A damaged file is replaced, and the entry tried again; an alarm goes on even where no file can be written. */
  #afterFailure(lane: 'alarm' | 'routine', draft: EntryDraft, error: unknown): void {
    const { keeper } = this.#parts;
    if (lane === 'alarm' && keeper.makeRoom(error)) {
      this.#waiting.push({ type: 'append-again', draft });
      return;
    }
    const replaced = keeper.replaceIfDamaged(error);
    if (!replaced && lane === 'alarm') keeper.goOnInMemory(error);
    if (!replaced && lane === 'routine') {
      this.#waiting.push({ type: 'append-failed', draft });
      this.#cannotWrite(error);
      return;
    }
    this.#replaced();
    this.#waiting.push({ type: 'append-again', draft });
  }

  /**
   * An entry that cannot be read would hold up all that come after it. What is damaged is replaced;
   * anything else may pass, and is tried again when the receipt does not come.
   */
  #unreadable(lane: Lane, error: unknown): void {
    const { keeper, log } = this.#parts;
    log.error({ err: error, lane }, 'the journal could not be read');
    if (!keeper.replaceIfDamaged(error)) {
      if (lane === 'routine' || !isDamage(error) || !keeper.durable) {
        this.#journalIs('fault', `the journal cannot be read (${reasonOf(error)})`);
        return;
      }
      keeper.goOnInMemory(error);
    }
    this.#replaced();
  }

  #replaced(): void {
    const { keeper } = this.#parts;
    if (!keeper.durable) this.#fileAgainMs = this.#timers.now() + fileAgainAfterMs;
    this.#waiting.push({
      type: 'journal-replaced',
      restored: keeper.journal.restore(),
      trouble: keeper.trouble,
    });
    this.#reportJournal();
  }

  /**
   * Leaves the journal in memory once there is a disk again. Alarms that the hub does not have are
   * raised anew in the file; those of which it may have some are waited for, so that none is there twice.
   */
  #tryFile(): void {
    const { keeper, log } = this.#parts;
    const { epoch, lanes: now } = this.#state;
    const nowMs = this.#timers.now();
    if (keeper.durable || this.#waiting.length > 0 || nowMs < this.#fileAgainMs) return;
    if (this.#alarmSentOf === epoch && backlog(now.alarm) > 0) return;
    this.#fileAgainMs = nowMs + fileAgainAfterMs;
    if (!keeper.returnToFile()) return;
    log.info({ epoch: keeper.journal.epoch }, 'the journal is on disk again');
    this.#replaced();
  }

  /** The journal is as well as its keeper says; an entry that could be written ends a passing fault. */
  #reportJournal(): void {
    const { trouble } = this.#parts.keeper;
    if (trouble === undefined) this.#journalIs('ready', '');
    else this.#journalIs('fault', trouble);
  }

  #journalIs(state: 'ready' | 'fault', detail: string): void {
    if (this.#state.parts.journal === state) return;
    this.#waiting.push({ type: 'part', part: 'journal', state, detail });
  }

  /** The cursor and the latches are conveniences: the hub says both again. A failure is told, and goes no further. */
  #keep(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#parts.log.error({ err: error }, 'the journal could not note its state');
      this.#cannotWrite(error);
    }
  }

  /** A cursor beyond an alarm whose latch did not reach the disk would let a restart forget it. */
  #keepCursor(lane: Lane, committed: number): void {
    const { journal } = this.#parts.keeper;
    this.#keep(() => {
      if (lane === 'alarm') journal.keepLatched(this.#state.alarms);
      journal.keepCursor(lane, committed);
    });
  }

  /** A full disk is the disk's fault, which the disk watch ends. */
  #cannotWrite(error: unknown): void {
    if (!isDiskFull(error)) {
      this.#journalIs('fault', `the journal cannot be written (${reasonOf(error)})`);
      return;
    }
    const detail = 'the disk is full: taps are refused, alarms go on; make room on the disk';
    this.#waiting.push({ type: 'part', part: 'disk', state: 'fault', detail });
  }
}
