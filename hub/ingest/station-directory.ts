import type { Db } from '../store/schema.ts';

export interface KnownStation {
  readonly id: string;
  readonly name: string;
  readonly macKey: string;
  readonly mqttPasswordHash: string;
  readonly revoked: boolean;
  /** Not heard of for so long, it is silent; undefined where what holds for all does. */
  readonly silentAfterMs: number | undefined;
}

/** The stations and their keys in memory: each message asks for one. Small, 5,000 at most (DESIGN). */
export class StationDirectory {
  readonly #db: Db;
  #stations: ReadonlyMap<string, KnownStation> = new Map();

  constructor(db: Db) {
    this.#db = db;
  }

  /** Reads the stations anew: at start, and whenever another process has changed the database. */
  async refresh(): Promise<void> {
    const rows = await this.#db.selectFrom('station').selectAll().execute();
    this.#stations = new Map(
      rows.map((row) => [
        row.id,
        {
          id: row.id,
          name: row.name,
          macKey: row.mac_key,
          mqttPasswordHash: row.mqtt_password_hash,
          revoked: row.revoked_at !== null,
          silentAfterMs: row.silent_after_ms ?? undefined,
        },
      ]),
    );
  }

  /** Those that may speak. */
  inService(): string[] {
    return [...this.#stations.values()].filter(({ revoked }) => !revoked).map(({ id }) => id);
  }

  find(station: string): KnownStation | undefined {
    return this.#stations.get(station);
  }

  /** @returns those that are not revoked. */
  inUse(): readonly KnownStation[] {
    return [...this.#stations.values()].filter(({ revoked }) => !revoked);
  }

  silentAfterMs(station: string): number | undefined {
    return this.#stations.get(station)?.silentAfterMs;
  }

  nameOf(station: string): string {
    return this.#stations.get(station)?.name ?? station;
  }
}
