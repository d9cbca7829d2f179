import type Database from 'better-sqlite3';
import { z } from 'zod';
import { newEpoch } from '../../shared/ids.ts';
import {
  chainHash,
  entryText,
  genesisHash,
  type Lane,
  lanes,
  type Reading,
} from '../../shared/wire/entry.ts';
import { alarmKeySchema } from '../../shared/wire/messages.ts';
import { latchedWithin } from '../domain/alarms.ts';
import type { Hold } from '../domain/gesture.ts';
import type { Restored } from '../domain/state.ts';
import type { EntryDraft } from '../domain/steps.ts';
import { BootAnchors } from './boot-anchors.ts';
import { diskFiles, type JournalFiles } from './journal-files.ts';
import { openSound } from './open-sound.ts';
import { JournalUnreadable, reading } from './reading.ts';

export interface JournalOptions {
  readonly files?: Pick<JournalFiles, 'open'>;
  readonly newEpoch?: () => string;
}
const dayMs = 86_400_000;

export interface JournalEntry {
  readonly seq: number;
  readonly text: string;
  readonly hash: string;
}

const entrySchema = z.object({ seq: z.int(), text: z.string(), hash: z.string() });
/** The end of what was deleted from a lane's beginning: the oldest entry that is here is chained to it. */
const floorSchema = z.object({ seq: z.int(), hash: z.string() });
type Floor = z.infer<typeof floorSchema>;
export const latchedSchema = z.array(
  z.object({
    key: alarmKeySchema,
    phase: z.enum(['sending', 'undelivered', 'stored', 'acknowledged']),
    mistake: z.boolean(),
  }),
);
/** Whatever else stands there: one alarm too many is no reason to do without a journal. */
const holdSchema = z.enum(['none', 'called', 'stuck']).catch('none');

/**
 * The station's truth: append-only, two lanes with a gapless sequence each, every entry chained to
 * the one before by hash. The epoch is made with the file, so a replaced SD card starts another.
 * All methods throw better-sqlite3's SqliteError when the disk fails; nothing is then half done.
 */
export class Journal {
  readonly epoch: string;
  readonly boots: BootAnchors;
  readonly #db: Database.Database;
  readonly #insert: Database.Statement;
  readonly #range: Database.Statement;
  readonly #one: Database.Statement;
  readonly #floors: Record<Lane, Floor>;

  /**
   * @param file path, or ':memory:' for a journal that lives only as long as the process
   * @throws JournalUnreadable, ZodError or SyntaxError when the file is not a sound journal
   */
  constructor(file: string, options: JournalOptions = {}) {
    this.#db = openSound(file, options.files ?? diskFiles);
    try {
      this.boots = new BootAnchors(this.#db);
      this.#insert = this.#db.prepare(
        'INSERT INTO entry (lane, seq, text, hash) VALUES (?, ?, ?, ?)',
      );
      this.#range = this.#db.prepare(
        'SELECT seq, text, hash FROM entry WHERE lane = ? AND seq BETWEEN ? AND ? ORDER BY seq',
      );
      this.#one = this.#db.prepare('SELECT seq, text, hash FROM entry WHERE lane = ? AND seq = ?');
      this.epoch = this.#meta('epoch') ?? this.#beginEpoch((options.newEpoch ?? newEpoch)());
      this.#floors = { alarm: this.#floor('alarm'), routine: this.#floor('routine') };
      for (const lane of lanes) this.#checkEnds(lane);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Puts the entry on disk (fsync) and returns it with its sequence. */
  append(lane: Lane, draft: EntryDraft, at: Reading): JournalEntry {
    const seq = this.last(lane) + 1;
    const text = entryText({ seq, at, ...draft });
    const previous = reading(`the end of the ${lane} lane`, () => this.hashBefore(lane, seq));
    const hash = chainHash(previous, text);
    this.#insert.run(lane, seq, text, hash);
    return { seq, text, hash };
  }

  /** @returns the entries from `from` through `through`, both included, as far as they exist. */
  read(lane: Lane, from: number, through: number): JournalEntry[] {
    return this.#range.all(lane, from, through).map((row) => entrySchema.parse(row));
  }

  /** @returns the highest sequence of the lane, 0 when it is empty. */
  last(lane: Lane): number {
    const row = this.#db.prepare('SELECT max(seq) FROM entry WHERE lane = ?').pluck().get(lane);
    return z.int().nullable().parse(row) ?? 0;
  }

  /** @returns the lowest sequence of the lane that is still here, 1 when it is empty. */
  oldest(lane: Lane): number {
    return this.#floors[lane].seq + 1;
  }

  /** @returns the chain hash at `seq` (0: before the first entry), or undefined where it is not known. */
  hashAt(lane: Lane, seq: number): string | undefined {
    const floor = this.#floors[lane];
    if (seq === floor.seq) return floor.hash;
    return entrySchema.optional().parse(this.#one.get(lane, seq))?.hash;
  }

  /** @returns the chain hash in front of the entry `seq`. @throws JournalUnreadable when that is not known here. */
  hashBefore(lane: Lane, seq: number): string {
    const hash = this.hashAt(lane, seq - 1);
    if (hash === undefined)
      throw new JournalUnreadable(`nothing stands before entry ${seq} of the ${lane} lane`);
    return hash;
  }

  /**
   * Deletes what was delivered long ago, from the beginning of each lane. The newest entry always
   * stays, and so does the hash that the oldest one is chained to. Freed pages are used again by
   * later entries (sqlite.org/fileformat2.html#the_freelist), so the file does not grow for ever.
   * @param nowMs wall clock, which somebody must have vouched for
   * @returns how many entries were deleted, at most `entriesMax` of each lane
   */
  cleanUp(nowMs: number, { keepMs, entriesMax }: { keepMs: number; entriesMax: number }): number {
    const before = this.oldest('alarm') + this.oldest('routine');
    for (const lane of lanes) {
      this.#floors[lane] = this.#db.transaction(() => {
        const delivered = this.#deliveredBefore(lane, nowMs, keepMs);
        const through = Math.min(
          delivered,
          this.last(lane) - 1,
          this.#floors[lane].seq + entriesMax,
        );
        return through >= this.oldest(lane)
          ? this.#deleteThrough(lane, through)
          : this.#floors[lane];
      })();
    }
    return this.oldest('alarm') + this.oldest('routine') - before;
  }

  keepCursor(lane: Lane, committed: number): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO cursor (lane, committed) VALUES (?, ?)')
      .run(lane, committed);
  }

  keepLatched(alarms: Restored['latched']): void {
    const kept = alarms.map(({ key, phase, mistake }) => ({ key, phase, mistake }));
    this.#setMeta('latched', JSON.stringify(kept));
  }

  keepHold(hold: Hold): void {
    this.#setMeta('hold', hold);
  }

  /** What a unit that starts anew needs to go on where it was. @throws Error when it is not what was written */
  restore(): Restored {
    const lane = (name: Lane) => ({ last: this.last(name), committed: this.#committed(name) });
    const kept = latchedSchema.parse(JSON.parse(this.#meta('latched') ?? '[]'));
    const lanesNow = { alarm: lane('alarm'), routine: lane('routine') };
    // The power may have gone between an alarm and its latch: an unreceipted alarm is latched by itself.
    const unreceipted = this.read('alarm', lanesNow.alarm.committed + 1, lanesNow.alarm.last)
      .filter(
        ({ text }) => z.looseObject({ type: z.string() }).parse(JSON.parse(text)).type === 'alarm',
      )
      .map(({ seq }) => ({ epoch: this.epoch, seq }))
      .filter(
        (key) => !kept.some((alarm) => alarm.key.epoch === key.epoch && alarm.key.seq === key.seq),
      )
      .map((key) => ({ key, phase: 'sending' as const, mistake: false }));
    return {
      epoch: this.epoch,
      lanes: lanesNow,
      latched: latchedWithin([...kept, ...unreceipted]),
      hold: holdSchema.parse(this.#meta('hold')),
    };
  }

  close(): void {
    this.#db.close();
  }

  #beginEpoch(epoch: string): string {
    this.#setMeta('epoch', epoch);
    return epoch;
  }

  /** The newest entry must follow from the one before it, or the file was cut or edited; so must the oldest. */
  #checkEnds(lane: Lane): void {
    const row = this.#db.prepare('SELECT min(seq) FROM entry WHERE lane = ?').pluck().get(lane);
    const oldest = z.int().nullable().parse(row) ?? 1;
    if (oldest !== this.oldest(lane)) {
      throw new JournalUnreadable(
        `the ${lane} lane begins at ${oldest}, not at ${this.oldest(lane)}`,
      );
    }
    const last = this.last(lane);
    if (last === 0) return;
    const { text, hash } = entrySchema.parse(this.#one.get(lane, last));
    if (chainHash(this.hashBefore(lane, last), text) !== hash) {
      throw new JournalUnreadable(`the hash chain of the ${lane} lane is broken at entry ${last}`);
    }
  }

  #floor(lane: Lane): Floor {
    const kept = this.#meta(`floor ${lane}`);
    if (kept === undefined) return { seq: 0, hash: genesisHash(this.epoch, lane) };
    return floorSchema.parse(JSON.parse(kept));
  }

  #deleteThrough(lane: Lane, through: number): Floor {
    const { hash } = entrySchema.parse(this.#one.get(lane, through));
    const floor = { seq: through, hash };
    this.#setMeta(`floor ${lane}`, JSON.stringify(floor));
    this.#db.prepare('DELETE FROM entry WHERE lane = ? AND seq <= ?').run(lane, through);
    this.boots.forget(lane, through);
    return floor;
  }

  /**
   * Notes how much is delivered now, once a day. An entry's own clock may have been wrong, and it may
   * have been delivered long after it was written: only the day by which it was delivered counts.
   * @returns through which sequence the lane was delivered `keepMs` ago, and still is
   */
  #deliveredBefore(lane: Lane, nowMs: number, keepMs: number): number {
    const committed = Math.min(this.#committed(lane), this.last(lane));
    // A hub that came back from a backup has less again; a clock that ran ahead was set right.
    this.#db
      .prepare('DELETE FROM delivered WHERE lane = ? AND (through > ? OR wall_ms > ?)')
      .run(lane, committed, nowMs);
    const recent = 'SELECT 1 FROM delivered WHERE lane = ? AND (wall_ms > ? OR through >= ?)';
    if (this.#db.prepare(recent).get(lane, nowMs - dayMs, committed) === undefined) {
      this.#db.prepare('INSERT INTO delivered VALUES (?, ?, ?)').run(lane, nowMs, committed);
    }
    const row = this.#db
      .prepare('SELECT max(through) FROM delivered WHERE lane = ? AND wall_ms <= ?')
      .pluck()
      .get(lane, nowMs - keepMs);
    const through = z.int().nullable().parse(row) ?? 0;
    this.#db.prepare('DELETE FROM delivered WHERE lane = ? AND through < ?').run(lane, through);
    return through;
  }

  #committed(lane: Lane): number {
    const row = this.#db.prepare('SELECT committed FROM cursor WHERE lane = ?').pluck().get(lane);
    return z.int().optional().parse(row) ?? 0;
  }

  #meta(key: string): string | undefined {
    const row = this.#db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key);
    return z.string().optional().parse(row);
  }

  #setMeta(key: string, value: string): void {
    this.#db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(key, value);
  }
}
