import type Database from 'better-sqlite3';
import type { decide } from '../../device/domain/decide.ts';
import type { Restored } from '../../device/domain/state.ts';
import type { Input } from '../../device/domain/steps.ts';
import type { post } from '../../device/second-path/post.ts';
import type { scoreDay } from '../../hub/domain/scoring.ts';
import type { Answer, Ingest, IngestParts } from '../../hub/ingest/ingest.ts';
import type { Bus, BusMessage } from '../../shared/bus/bus.ts';
import type { Packet } from './virtual-broker.ts';
import type { Invariant } from './world.ts';

/** What a mutated part of the hub may use. */
export interface HubTools {
  readonly ingest: Ingest;
  readonly macKeyOf: (station: string) => string;
  readonly after: (ms: number, run: () => void) => void;
}

/** What a mutated part of a station may use. */
export interface StationTools {
  readonly station: string;
  readonly macKey: string;
  readonly epoch: () => string;
  readonly dispatch: (input: Input) => void;
}

/** Parts of the real system replaced by faulty ones. An empty one is the product as it is. */
export interface Mutation {
  readonly decide?: typeof decide;
  readonly score?: typeof scoreDay;
  readonly journalDatabase?: (db: Database.Database) => Database.Database;
  readonly restored?: (restored: Restored) => Restored;
  readonly stationBus?: (bus: Bus, tools: StationTools) => Bus;
  readonly take?: (tools: HubTools) => (message: BusMessage & Pick<Packet, 'dup'>) => Promise<void>;
  /** What the hub does with what comes by its door. */
  readonly atDoor?: (tools: HubTools) => (message: BusMessage) => Promise<Answer>;
  /** How a station sends by other paths, and what it makes of the answer. */
  readonly stationPost?: (
    real: typeof post,
    tools: Pick<StationTools, 'station' | 'macKey'>,
  ) => typeof post;
  readonly presence?: (real: IngestParts['presence']) => IngestParts['presence'];
  /** Whether the hub that just started looks after its alarms. */
  readonly climbs?: (world: { nowMs: number }) => boolean;
  readonly outboxBus?: (
    bus: Pick<Bus, 'publish'>,
    tools: Pick<HubTools, 'after'>,
  ) => Pick<Bus, 'publish'>;
}

/** A mistake that could be made in the product, and how it shows. */
export interface PlantedBug {
  readonly name: string;
  readonly mutation: Mutation;
  /** What it breaks, one of these at least. */
  readonly breaks: readonly Invariant[];
  /** Within so many seeds it has to be found. */
  readonly seedsMax: number;
}
