import { withTroubles } from '../app/trouble-book.ts';
import type { StationDirectory } from '../ingest/station-directory.ts';
import type { Db } from '../store/schema.ts';

export interface NeverCameOptions {
  readonly db: Db;
  readonly directory: Pick<StationDirectory, 'inUse' | 'silentAfterMs'>;
  readonly onCommitted: () => void;
  /** For stations that have none of their own. */
  readonly silentAfterMs: number;
  /** The hub's wall clock, in milliseconds. */
  readonly now: () => number;
}

const detail = 'not heard of since it was added';

/**
 * Stations that were added and have never said that they are there: each is silent once it could have
 * been heard of for long enough, or one that is left in its box would be missed by nobody.
 */
export class NeverCame {
  /** Since when each could have come, on the monotonic clock. */
  readonly #awaited = new Map<string, number>();
  readonly #told = new Set<string>();

  /** How many of them count as silent. */
  get silent(): number {
    return this.#told.size;
  }

  /**
   * Begins to wait for whoever is new in the directory, and no longer waits for whoever came or was
   * revoked. The time that the hub was away counts for nobody.
   * @param hasCome whether the station has ever said that it is there
   */
  look(
    { directory }: Pick<NeverCameOptions, 'directory'>,
    hasCome: (station: string) => boolean,
    monotonicMs: number,
  ): void {
    const now = new Set(
      directory
        .inUse()
        .map(({ id }) => id)
        .filter((id) => !hasCome(id)),
    );
    for (const station of now) {
      if (!this.#awaited.has(station)) this.#awaited.set(station, monotonicMs);
    }
    for (const station of this.#awaited.keys()) {
      if (now.has(station)) continue;
      this.#awaited.delete(station);
      this.#told.delete(station);
    }
  }

  /** Begins the trouble of those that were awaited for too long; what ends it is that they come. */
  async sweep(options: NeverCameOptions, monotonicMs: number): Promise<void> {
    const { db, directory, now, onCommitted } = options;
    const late = [...this.#awaited].filter(([station, sinceMs]) => {
      const silentAfterMs = directory.silentAfterMs(station) ?? options.silentAfterMs;
      return !this.#told.has(station) && monotonicMs - sinceMs > silentAfterMs;
    });
    if (late.length === 0) return;
    const nowMs = now();
    await withTroubles(db, nowMs, async (book) => {
      for (const [station] of late) await book.begin({ station, kind: 'silent', detail }, nowMs);
    });
    for (const [station] of late) this.#told.add(station);
    onCommitted();
  }
}
