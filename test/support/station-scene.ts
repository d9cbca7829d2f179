import { decide } from '../../device/domain/decide.ts';
import { initialState, type Restored, type StationState } from '../../device/domain/state.ts';
import type { Input, ReceiptPast, Step } from '../../device/domain/steps.ts';
import type { Lane, OtherPath } from '../../shared/wire/entry.ts';
import type { Outcome } from '../../shared/wire/messages.ts';

export const epoch = 'ep-0000000000000000';
/** The epoch of the journal that follows, when the station begins one. */
export const nextEpoch = 'ep-1111111111111111';
/** Another journal, which remembers nothing unless it is said otherwise. */
export const journalReplaced = (of: string, remembers: Partial<Restored> = {}): Input => ({
  type: 'journal-replaced',
  restored: {
    epoch: of,
    lanes: { alarm: { last: 0, committed: 0 }, routine: { last: 0, committed: 0 } },
    latched: [],
    ...remembers,
  },
  trouble: undefined,
});
export const token = 'a'.repeat(32);
export const rules = { holdMs: 1000, pressesWithinMs: 2000 };

/** A station on a clock of its own: given inputs at times, then steps and a light. */
export class Scene {
  state: StationState;
  steps: Step[] = [];
  nowMs = 1000;
  #seq = { alarm: 0, routine: 0 };

  constructor(last = 0, committed = 0, alarm = { last: 0, committed: 0 }) {
    this.#seq = { alarm: alarm.last, routine: last };
    const lanes = { alarm, routine: { last, committed } };
    this.state = initialState(rules, { epoch, lanes, latched: [] }, this.nowMs);
  }

  /** By these an alarm of this station goes as well. */
  with(...otherPaths: OtherPath[]): this {
    this.state = { ...this.state, otherPaths };
    return this;
  }

  /** Feeds an input and plays the journal's part: what is appended is on disk at once. */
  give(input: Input, afterMs = 0): this {
    this.nowMs += afterMs;
    if (input.type === 'journal-replaced') {
      const { alarm, routine } = input.restored.lanes;
      this.#seq = { alarm: alarm.last, routine: routine.last };
    }
    const decision = decide(this.state, input, this.nowMs);
    this.state = decision.state;
    this.steps.push(...decision.steps);
    for (const step of decision.steps) {
      if (step.type === 'begin-epoch') this.give(journalReplaced(nextEpoch));
      if (step.type !== 'append') continue;
      this.#seq[step.lane] += 1;
      const seq = this.#seq[step.lane];
      this.give({ type: 'appended', lane: step.lane, seq, draft: step.draft });
    }
    return this;
  }

  pass(ms: number): this {
    return this.give({ type: 'tick' }, ms);
  }

  online(): this {
    return this.give({ type: 'connection', connected: true }).give({ type: 'hub', online: true });
  }

  ready(): this {
    return this.give({ type: 'part', part: 'reader', state: 'ready', detail: '' });
  }

  /** A receipt for the epoch of now, of the same past unless it is said otherwise. */
  receipt(
    lane: Lane,
    through: number,
    { outcome, past = 'same' }: { outcome?: Outcome; past?: ReceiptPast } = {},
  ): this {
    const outcomes = outcome === undefined ? [] : [{ seq: through, outcome }];
    const { epoch } = this.state;
    return this.give({ type: 'receipt', epoch, lane, through, past, outcomes });
  }

  /** The hub has set aside what it was sent. */
  setAside(lane: Lane, through: number): this {
    return this.give({ type: 'set-aside', epoch: this.state.epoch, lane, through });
  }

  hold(): this {
    return this.give({ type: 'button', edge: 'down' })
      .pass(rules.holdMs)
      .give({ type: 'button', edge: 'up' });
  }

  /** The steps since the last call. */
  take<T extends Step['type']>(type: T): Extract<Step, { type: T }>[] {
    const found = this.steps.filter(
      (step): step is Extract<Step, { type: T }> => step.type === type,
    );
    this.steps = [];
    return found;
  }

  get light(): string {
    return this.state.shown.split(' ')[0] ?? '';
  }
}
