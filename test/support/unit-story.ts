import fc from 'fast-check';
import type { Reading } from '../../shared/wire/entry.ts';
import { type IngestHub, minuteMs, Past, startMs } from './ingest-hub.ts';

/** A clock that is set is right to within so much; set again, it is off by something else. */
const clockErrorMs = 3_000;

const step = fc.record({
  afterMin: fc.nat(150),
  what: fc.constantFrom('tap', 'tap', 'tap', 'tap', 'tap', 'clock', 'unset'),
  errorMs: fc.integer({ min: -clockErrorMs, max: clockErrorMs }),
});
const boot = fc.record({
  offMin: fc.nat(300),
  /** Whether a time service has set the clock before the first entry. */
  synced: fc.constantFrom(true, false, false),
  errorMs: fc.integer({ min: -clockErrorMs, max: clockErrorMs }),
  steps: fc.array(step, { maxLength: 6 }),
});

/** What happened to a few units over some days: boots, with clocks that are set, late, or never. */
export const unitStories = fc.array(fc.array(boot, { minLength: 1, maxLength: 5 }), {
  minLength: 1,
  maxLength: 2,
});
type BootStory = (typeof boot)['generate'] extends (...args: never[]) => { value: infer T }
  ? T
  : never;

interface ClockState {
  readonly fromMs: number;
  readonly bootedMs: number;
  readonly boot: string;
  readonly synced: boolean;
  readonly errorMs: number;
}

/** A unit that lived through such a story, and its lane of entries. */
export class StoryUnit {
  readonly past: Past;
  readonly happenedMs: number[] = [];
  readonly #states: ClockState[] = [];

  constructor(hub: IngestHub, name: string, boots: readonly BootStory[]) {
    this.past = new Past(hub);
    let nowMs = startMs;
    for (const [index, { offMin, synced, errorMs, steps }] of boots.entries()) {
      nowMs += (offMin + 1) * minuteMs;
      const booted = { bootedMs: nowMs, boot: `${name}-boot-${index}` };
      this.#states.push({ ...booted, fromMs: nowMs, synced, errorMs });
      nowMs += 1_000;
      this.#add(nowMs, { type: 'started', version: 'test' });
      for (const { afterMin, what, errorMs: nextErrorMs } of steps) {
        nowMs += afterMin * minuteMs + 1;
        if (what === 'tap') this.#add(nowMs, { type: 'check-in', card: hub.card });
        else {
          const clock = { synced: what === 'clock', errorMs: nextErrorMs };
          this.#states.push({ ...booted, fromMs: nowMs, ...clock });
        }
        if (what === 'clock') this.#add(nowMs, { type: 'clock' });
      }
    }
    // The last boot is still on when all is over, and has then something new to send.
    this.#add(nowMs + 30 * minuteMs, { type: 'check-in', card: hub.card });
  }

  get endMs(): number {
    return this.happenedMs.at(-1) ?? startMs;
  }

  /** How many entries there are by then. */
  countAt(ms: number): number {
    return this.happenedMs.filter((happenedMs) => happenedMs <= ms).length;
  }

  /** The unit's clocks at a moment; between two boots, those of the one before, which is then still on. */
  reading(ms: number): Reading {
    const state = this.#states.findLast(({ fromMs }) => fromMs <= ms) ?? this.#states[0];
    if (!state) throw new Error('a unit has booted once at least');
    const { boot, bootedMs, synced, errorMs } = state;
    const monoMs = Math.max(0, ms - bootedMs);
    return { wallMs: synced ? ms + errorMs : 7 + monoMs, monoMs, boot, synced };
  }

  /** Sends entries at a moment, with what the hub has told this unit's boots so far. */
  async send(
    hub: IngestHub,
    {
      from,
      through,
      atMs,
      latencyMs,
    }: { from: number; through: number; atMs: number; latencyMs: number },
  ): Promise<void> {
    const told = new Map(
      hub.receipts.flatMap(({ boots = [] }) => boots).map((anchor) => [anchor.boot, anchor]),
    );
    const own = new Set(
      this.happenedMs.slice(from - 1, through).map((ms) => this.reading(ms).boot),
    );
    const boots = [...told.values()].filter(({ boot }) => own.has(boot));
    const more = { sent: this.reading(atMs), ...(boots.length > 0 ? { boots } : {}) };
    hub.nowMs = atMs + latencyMs;
    await hub.give(this.past.message(from, through, 0, more));
  }

  #add(atMs: number, draft: object): void {
    this.happenedMs.push(atMs);
    this.past.add(0, draft, this.reading(atMs));
  }
}

/** So long a message may wait in a broker whose hub is away. */
export const latencyMsMax = 3 * 60 * minuteMs;

/** Which unit sends how many entries next, when, how far back it goes first, and what happens to the hub. */
export const sendings = fc.array(
  fc.record({
    unit: fc.nat(1),
    /** Of the whole story, in thousandths. */
    at: fc.nat(1000),
    count: fc.integer({ min: 1, max: 6 }),
    back: fc.nat(3),
    /** How long the message was on its way. */
    latencyMs: fc.constantFrom(0, 300, 5_000, latencyMsMax),
    restart: fc.boolean(),
  }),
  { maxLength: 20 },
);

/** All that the dates and the points of a hub's entries come to, to be compared. */
export async function pointsAndDates(hub: IngestHub): Promise<object> {
  const { db } = hub.store;
  const checkIns = await db
    .selectFrom('check_in')
    .select(['epoch', 'seq', 'day', 'occurred_ms', 'counts', 'review', 'outcome', 'points'])
    .orderBy('epoch')
    .orderBy('seq')
    .execute();
  const entries = await db
    .selectFrom('journal')
    .innerJoin('lane', 'lane.id', 'lane_id')
    .select(['epoch', 'seq', 'occurred_ms', 'earliest_ms', 'journal.dated_by'])
    .orderBy('epoch')
    .orderBy('seq')
    .execute();
  return { balances: await hub.balances(), checkIns, entries };
}
