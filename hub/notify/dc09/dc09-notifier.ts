import { randomInt } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { underSignals } from '../../../shared/any-signal.ts';
import { systemTimers, type Timers } from '../../../shared/timers.ts';
import type { Notice, Notifier } from '../notifier.ts';
import { Dc09Line, type LineOptions, NotUnderstood } from './dc09-line.ts';
import type { Dc09Settings } from './dc09-settings.ts';
import { eventData, hasEventFor } from './event-data.ts';
import { deliveryMaxMs, probeEveryMs, retryLimits } from './line-limits.ts';
import { LineSupervision } from './line-supervision.ts';
import { SequenceBook } from './sequence-book.ts';

export interface Dc09Options extends Partial<LineOptions> {
  readonly timers?: Timers;
  /** 1 to 9999. By default any, so that a hub that starts anew does not number events as it did before. */
  readonly firstSequence?: number;
}

/** Tells a monitoring station of alarms, of their end and of tests by ANSI/SIA DC-09. */
export class Dc09Notifier implements Notifier {
  readonly name: string;
  /** Alarms that cannot even be sent wait for each other besides: those at the end are cut off. */
  readonly noticeMaxMs: number;
  readonly #settings: Dc09Settings;
  readonly #timers: Timers;
  readonly #line: Dc09Line;
  readonly #sequences: SequenceBook;
  readonly #stopping = new AbortController();
  #supervision: LineSupervision | undefined;
  /**
   * The trouble told last is an event that was not understood: a NULL that is taken is no end of that.
   * Whatever is told after it stands in its place, and ends as troubles of the line do.
   */
  #isTroubleDuh = false;

  constructor(settings: Dc09Settings, options: Dc09Options = {}) {
    const { timers = systemTimers, now = Date.now, random = Math.random } = options;
    const { retry = retryLimits, firstSequence = randomInt(1, 10_000) } = options;
    this.name = settings.name;
    this.noticeMaxMs = deliveryMaxMs(settings, retry);
    this.#settings = settings;
    this.#timers = timers;
    this.#line = new Dc09Line(settings, { now, retry, random });
    this.#sequences = new SequenceBook(firstSequence);
    // Every notice under way listens.
    setMaxListeners(0, this.#stopping.signal);
  }

  /**
   * Fulfils when the receiver has acknowledged the event. A notice that is tried again, by this call
   * or a later one, keeps its sequence, so that the receiver can tell that it is the same.
   * @throws NotifyError
   */
  async notify(notice: Notice, signal: AbortSignal): Promise<void> {
    const { format, account, zones, zoneDefault } = this.#settings;
    const zone = zones[notice.station] ?? zoneDefault;
    const { id, data } = eventData(format, account, notice, zone);
    const sequence = this.#sequences.numberOf(`${notice.id} ${data}`);
    try {
      await underSignals([signal, this.#stopping.signal], (either) =>
        this.#line.deliver({ id, sequence, data }, either),
      );
    } catch (error) {
      // What was called off is nobody's trouble.
      if (!signal.aborted) this.#isTroubleDuh = error instanceof NotUnderstood;
      throw error;
    }
    this.#isTroubleDuh = false;
    this.#supervision?.worked();
  }

  hasWordsFor(notice: Pick<Notice, 'answered' | 'station'>): boolean {
    // Stations that are not listed share a zone: a restore of one would take the others' alarms back.
    const hasOwnZone = this.#settings.zones[notice.station] !== undefined;
    return hasEventFor(notice) && (hasOwnZone || notice.answered === undefined);
  }

  /** Tries the line as often as the settings' `supervisionS` takes; 0 there leaves it alone. */
  start(onTrouble: (trouble: string | undefined) => void): void {
    const { supervisionS } = this.#settings;
    if (supervisionS === 0) return;
    if (this.#supervision !== undefined) throw new Error(`${this.name} is supervised already`);
    this.#supervision = new LineSupervision({
      intervalMs: probeEveryMs(supervisionS, this.noticeMaxMs),
      timers: this.#timers,
      // NULL has 0000: it is no event, and uses up no number.
      probe: (signal) => this.#line.deliver({ id: 'NULL', sequence: 0, data: '' }, signal),
      onTrouble: (trouble) => {
        if (trouble !== undefined) this.#isTroubleDuh = false;
        if (!this.#isTroubleDuh) onTrouble(trouble);
      },
    });
  }

  /** Ends the supervision and gives up what is on its way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#supervision?.stop();
  }
}
