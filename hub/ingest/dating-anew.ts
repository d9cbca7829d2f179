import type { Selectable } from 'kysely';
import type { Log } from '../../shared/log.ts';
import { bootsWithoutReading, dateEntries } from '../domain/dating.ts';
import { endAfter, endAt, type LaneEnd } from '../domain/lane-end.ts';
import type { Store } from '../store/open-store.ts';
import type { Schema } from '../store/schema.ts';
import { AffectedDays } from './affected-days.ts';
import type { CommitWork } from './commit-work.ts';
import {
  beforeSeq,
  type DatedAnew,
  datedOtherwise,
  type Open,
  openOf,
  rowOfEnd,
} from './lane-dates.ts';

export interface DatingAnewParts {
  readonly store: Pick<Store, 'db'>;
  /** Runs something as one commit of ingest. */
  readonly inTransaction: <T>(run: (work: CommitWork) => Promise<T>) => Promise<T>;
  /** How many entries are read, or dated anew, in one turn: bounds how long an alarm waits for it. */
  readonly entriesPerTurn: number;
  readonly onCommitted: () => void;
  readonly log: Log;
}

/** A lane that is being looked through: first all of what stands open is read, then what changes is written. */
interface Current {
  readonly lane: number;
  readonly open: Open[];
  changes: Changes | undefined;
}

interface Changes {
  readonly all: readonly DatedAnew[];
  /** The lane's end as it is then, and how far the lane had come when that was found. */
  readonly end: LaneEnd;
  readonly through: number;
  /** The first in `all` that is not written yet. */
  next: number;
}

type LaneRow = Selectable<Schema['lane']>;

/**
 * Dates anew what stands open in a lane where that is too much for one commit: a unit that was offline
 * for weeks with a clock that nobody had set brings the reading that dates all of it at last, and the
 * alarms of all stations would wait for seconds. Which lanes there are stands in the store; what is done
 * of one is found out by looking, so that it can be begun again at any time.
 */
export class DatingAnew {
  readonly #parts: DatingAnewParts;
  readonly #lanes = new Set<number>();
  /** Those in which it failed, until the store takes something again. */
  readonly #failed = new Set<number>();
  #current: Current | undefined;
  #stopped = false;

  constructor(parts: DatingAnewParts) {
    this.#parts = parts;
  }

  get isWaiting(): boolean {
    return !this.#stopped && this.#lanes.size > 0;
  }

  /** Nothing is begun any more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes up what the store says is still to be done. */
  async resume(): Promise<void> {
    const lanes = this.#parts.store.db.selectFrom('lane').select('id');
    const rows = await lanes.where('anew_from', 'is not', null).execute();
    for (const { id } of rows) this.#lanes.add(id);
  }

  /** Something of these lanes has been committed that changes what is to be done: it begins again. */
  begin(lanes: Iterable<number>): void {
    for (const lane of lanes) {
      this.#lanes.add(lane);
      if (this.#current?.lane === lane) this.#current = undefined;
    }
  }

  /** The store takes what is written to it: what failed is tried again. */
  retry(): void {
    for (const lane of this.#failed) this.#lanes.add(lane);
    this.#failed.clear();
  }

  /** Does one piece, in a commit of its own. What fails stays to be done. */
  async turn(): Promise<void> {
    const [lane] = this.#lanes;
    if (lane === undefined || this.#stopped) return;
    this.#current ??= { lane, open: [], changes: undefined };
    const current = this.#current;
    try {
      if (!(await this.#goOn(current))) return;
      this.#lanes.delete(current.lane);
    } catch (error) {
      this.#parts.log.error({ err: error }, 'entries could not be dated anew: later');
      this.#lanes.delete(current.lane);
      this.#failed.add(current.lane);
    }
    this.#current = undefined;
  }

  /** @returns whether the lane is done */
  async #goOn(current: Current): Promise<boolean> {
    if (current.changes !== undefined) return this.#write(current, current.changes);
    await this.#read(current);
    return false;
  }

  async #read(current: Current): Promise<void> {
    const { lane, open } = current;
    const { inTransaction, entriesPerTurn } = this.#parts;
    current.changes = await inTransaction(async (work) => {
      const [row] = await work.statements.laneById({ id: lane });
      if (!row) throw new Error(`there is no lane ${lane}`);
      const from = row.anew_from ?? row.through + 1;
      const next = (open.at(-1)?.seq ?? from - 1) + 1;
      const limit = entriesPerTurn;
      const stored = await work.statements.entriesFrom({ lane_id: lane, from: next, limit });
      open.push(...stored.map(openOf));
      return stored.length < limit ? await this.#lookThrough(work, row, from, open) : undefined;
    });
  }

  /** What is to change, by all that is known by now. Messages that come meanwhile are dated behind it. */
  async #lookThrough(
    work: CommitWork,
    row: LaneRow,
    from: number,
    open: readonly Open[],
  ): Promise<Changes> {
    const { statements } = work;
    const before = await beforeSeq(work, row, from);
    const anchors = new Map<string, number>();
    for (const boot of bootsWithoutReading(open, before)) {
      const [known] = await statements.findAnchor({ station: row.station, boot });
      if (known) anchors.set(boot, known.start_ms);
    }
    const dates = dateEntries(open, { before, anchors });
    const end = endAfter(endAt(before), open, dates);
    return { all: datedOtherwise(open, dates), end, through: row.through, next: 0 };
  }

  /** @returns whether that was the last of it */
  async #write({ lane }: Current, changes: Changes): Promise<boolean> {
    const { inTransaction, entriesPerTurn, onCommitted } = this.#parts;
    const piece = changes.all.slice(changes.next, changes.next + entriesPerTurn);
    const next = changes.next + piece.length;
    const isLast = next === changes.all.length;
    await inTransaction(async (work) => {
      const days = new AffectedDays(work);
      for (const stored of piece) await days.dateAnew(stored);
      await days.settle();
      if (isLast) await endOf(work, lane, changes);
      const outgoing = work.outgoing.row();
      if (outgoing) await work.statements.addOutgoing(outgoing);
    });
    changes.next = next;
    onCommitted();
    return isLast;
  }
}

/** Where nothing has come since, the lane's end is known exactly now. */
async function endOf(
  { statements }: CommitWork,
  lane: number,
  { end, through }: Changes,
): Promise<void> {
  const [row] = await statements.laneById({ id: lane });
  if (!row) throw new Error(`there is no lane ${lane}`);
  const known = row.through === through ? rowOfEnd(end) : {};
  await statements.moveLane({ ...row, ...known, anew_from: null });
}
