import type { Log } from '../../shared/log.ts';
import type { Timers } from '../../shared/timers.ts';
import type { Notice, Notifier } from '../notify/notifier.ts';
import type { Db } from '../store/schema.ts';
import {
  noticesOfAnswer,
  readUntold,
  removeUntold,
  type UntoldAnswer,
  whomToTell,
  whoWaitsForTheEnd,
  writeAnswerTold,
} from './answer-rows.ts';
import { attempt } from './attempt.ts';
import type { PatientWrites } from './patient-writes.ts';

export interface AnswerTellerOptions {
  readonly db: Db;
  readonly notifiers: ReadonlyMap<string, Notifier>;
  readonly nameOf: (station: string) => string;
  /** The hub's wall clock, milliseconds. */
  readonly now: () => number;
  readonly timers: Timers;
  readonly onTrouble: (notifier: string, trouble: string | undefined) => void;
  /** Where what was told is written: a store that is locked for long makes nobody hear it twice. */
  readonly writes: PatientWrites;
  /** Who was called for an alarm, and does not stand in its history. */
  readonly calledBesides: (alarm: number) => Iterable<string>;
  /** Aborts when the hub ends: who was not told by then is told after the next start. */
  readonly ending: AbortSignal;
  readonly log: Log;
}

const nameOfAnswer = ({ alarm, state }: UntoldAnswer): string => `${alarm} ${state}`;

/**
 * Tells everybody who was called for an alarm that somebody has answered, each once for the
 * acknowledgement and once for the resolution. A notice that fails is trouble of its notifier, and
 * nothing more: the alarm is answered all the same.
 */
export class AnswerTeller {
  readonly #options: AnswerTellerOptions;
  readonly #telling = new Map<string, Promise<void>>();
  /** What each notifier was told last of an alarm: a resolution comes after the acknowledgement. */
  readonly #before = new Map<string, Promise<unknown>>();

  constructor(options: AnswerTellerOptions) {
    this.#options = options;
  }

  /** Begins to tell what is new. @param isCalling whether the ladder may still call somebody for the alarm */
  async look(isCalling: (alarm: number) => boolean): Promise<void> {
    const untold = await readUntold(this.#options.db);
    for (const answer of untold) {
      if (this.#options.ending.aborted) return;
      const name = nameOfAnswer(answer);
      if (isCalling(answer.alarm) || this.#telling.has(name)) continue;
      // The hub was away, or two operators were quick: that it is resolved says all.
      const isOld = answer.state === 'acknowledged' && hasResolution(untold, answer);
      if (isOld) await removeUntold(this.#options.db, answer);
      else this.#begin(answer, name);
    }
  }

  /** Fulfils when nothing is being told any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#telling.values());
  }

  #begin(answer: UntoldAnswer, name: string): void {
    const { log } = this.#options;
    // It stays under way until that is written, or until the next start: to try at each look would tell
    // people without end.
    const done = this.#tellAll(answer).catch((error: unknown) =>
      log.error({ err: error, ...answer }, 'answer not told'),
    );
    this.#telling.set(name, done);
  }

  async #tellAll(answer: UntoldAnswer): Promise<void> {
    const { db, nameOf, notifiers, ending, calledBesides } = this.#options;
    const noticeFor = await noticesOfAnswer(db, answer, nameOf);
    const called = await whomToTell(db, answer, calledBesides(answer.alarm));
    const names = [...called, ...(await this.#leftOut(noticeFor, called))];
    const told = names.flatMap((name) => {
      const notifier = notifiers.get(name);
      if (notifier === undefined) return [];
      const notice = noticeFor(name);
      const hasWords = notifier.hasWordsFor?.(notice) ?? true;
      return hasWords ? [this.#inOrder(answer, notifier, notice)] : [];
    });
    const failed = (await Promise.allSettled(told)).filter((one) => one.status === 'rejected');
    if (failed[0]) throw failed[0].reason;
    if (ending.aborted) return;
    this.#options.writes.add(`alarm ${answer.alarm}`, async () => {
      await removeUntold(db, answer);
      this.#telling.delete(nameOfAnswer(answer));
    });
  }

  /** Who was called for earlier alarms of the station alone, and was not told their end, as this one stood. */
  async #leftOut(
    noticeFor: (notifier: string) => Notice,
    called: readonly string[],
  ): Promise<string[]> {
    const { db, notifiers } = this.#options;
    const others = [...notifiers.values()].filter(({ name, hasWordsFor }) => {
      return hasWordsFor !== undefined && !called.includes(name);
    });
    const atTheEnd = others.filter((notifier) => hasWordsAtTheEndAlone(notifier, noticeFor));
    if (atTheEnd.length === 0) return [];
    const waiting = await whoWaitsForTheEnd(db, noticeFor('').station);
    return atTheEnd.map(({ name }) => name).filter((name) => waiting.has(name));
  }

  #inOrder(answer: UntoldAnswer, notifier: Notifier, notice: Notice): Promise<void> {
    const key = `${answer.alarm} ${notifier.name}`;
    const before = this.#before.get(key) ?? Promise.resolve();
    const mine = before.then(() => this.#tell(answer, notifier, notice));
    const forget = (): void => {
      if (this.#before.get(key) === ended) this.#before.delete(key);
    };
    // What failed is told by `mine`; the next in order goes on.
    const ended: Promise<void> = mine.then(forget, forget);
    this.#before.set(key, ended);
    return mine;
  }

  async #tell(answer: UntoldAnswer, notifier: Notifier, notice: Notice): Promise<void> {
    const { db, now, timers, onTrouble, ending, log } = this.#options;
    const { alarm, state } = answer;
    const { name } = notifier;
    const startedMs = timers.now();
    const reason = await attempt(notifier, notice, { timers, signals: [ending] });
    if (ending.aborted) return;
    if (reason !== undefined) log.error({ alarm, state, notifier: name, reason }, 'not notified');
    onTrouble(name, reason);
    const tookMs = Math.round(timers.now() - startedMs);
    const told = { notifier: name, tookMs, reason };
    const atMs = now();
    this.#options.writes.add(`alarm ${alarm}`, () => writeAnswerTold(db, answer, told, atMs));
  }
}

/** Whether a notifier is told of the resolution of a station's last open alarm, and not of one before. */
function hasWordsAtTheEndAlone(
  notifier: Notifier,
  noticeFor: (notifier: string) => Notice,
): boolean {
  const notice = noticeFor(notifier.name);
  const { answered } = notice;
  if (answered?.state !== 'resolved' || notifier.hasWordsFor === undefined) return false;
  const before = { ...notice, answered: { ...answered, othersOpen: 1 } };
  return notifier.hasWordsFor(notice) && !notifier.hasWordsFor(before);
}

const hasResolution = (untold: readonly UntoldAnswer[], { alarm }: UntoldAnswer): boolean =>
  untold.some((one) => one.alarm === alarm && one.state === 'resolved');
