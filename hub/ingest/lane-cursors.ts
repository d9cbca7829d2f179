import type { Selectable } from 'kysely';
import { genesisHash, type Lane } from '../../shared/wire/entry.ts';
import type { IngestStatements } from '../store/ingest-statements.ts';
import type { Schema } from '../store/schema.ts';

/** A lane of one epoch of one station. */
export interface LaneKey {
  readonly station: string;
  readonly epoch: string;
  readonly lane: Lane;
}

/** How far one lane is committed, as a group of messages moves it on. */
export interface LaneCursor {
  readonly key: LaneKey;
  readonly row: Readonly<Omit<Selectable<Schema['lane']>, 'station' | 'epoch' | 'name'>>;
}

/** The lanes that a group touches: each is read once, and written once at the end. */
export class LaneCursors {
  readonly #statements: IngestStatements;
  readonly #cursors = new Map<string, LaneCursor>();
  readonly #moved = new Set<string>();

  constructor(statements: IngestStatements) {
    this.#statements = statements;
  }

  /** Of a lane that was never heard of, one is made. */
  async of(key: LaneKey): Promise<LaneCursor> {
    const name = nameOf(key);
    const known = this.#cursors.get(name);
    if (known) return known;
    const { station, epoch, lane } = key;
    const wanted = { station, epoch, name: lane };
    const [row = await this.#add(key)] = await this.#statements.findLane(wanted);
    const cursor = { key, row };
    this.#cursors.set(name, cursor);
    return cursor;
  }

  move({ key, row }: LaneCursor, to: Omit<LaneCursor['row'], 'id'>): void {
    const name = nameOf(key);
    this.#cursors.set(name, { key, row: { id: row.id, ...to } });
    this.#moved.add(name);
  }

  async store(): Promise<void> {
    for (const name of this.#moved) {
      const cursor = this.#cursors.get(name);
      if (cursor) await this.#statements.moveLane(cursor.row);
    }
  }

  async #add({ station, epoch, lane }: LaneKey): Promise<LaneCursor['row']> {
    const hash = genesisHash(epoch, lane);
    const [row] = await this.#statements.addLane({ station, epoch, name: lane, hash });
    if (!row) throw new Error('a lane that was just made is not there');
    return row;
  }
}

const nameOf = ({ station, epoch, lane }: LaneKey): string => `${station}/${epoch}/${lane}`;
