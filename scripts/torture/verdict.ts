import { z } from 'zod';
import type { Patrol } from './patrol.ts';
import { isEntryOf } from './patrol.ts';
import type { Scene } from './scene.ts';
import type { StationInPlay } from './station-in-play.ts';
import type { JournalRow } from './station-truth.ts';
import type { Violations } from './violations.ts';

/** What is found when all has come to rest. */
export interface Account {
  readonly entriesInJournals: number;
  readonly entriesAtHub: number;
  readonly alarmsInJournals: number;
  /** Signalled and not in the journal, or in a journal and not at the hub. */
  readonly lost: number;
  /** At the hub more than once. */
  readonly doubled: number;
}

const keyOf = ({ epoch, lane, seq }: { epoch: string; lane: string; seq: number }): string =>
  `${epoch} ${lane} ${seq}`;

const typeSchema = z.looseObject({ type: z.string() });

/** Holds what was signalled against the journals, and the journals against the hub, entry by entry. */
export function settleAccounts(
  scene: Scene,
  patrols: readonly Patrol[],
  violations: Violations,
): Account {
  const accounts = scene.stations.map((station) => settleStation(scene, station, violations));
  const missing = patrols
    .flatMap(({ signalled }) => signalled)
    .filter((one) => {
      const station = scene.stations.find(({ id }) => id === one.station);
      const isThere =
        station?.truth.epoch === one.epoch && isEntryOf(one, station.truth.text(one.lane, one.seq));
      if (!isThere) violations.add(`${one.station} signalled ${keyOf(one)}: not in its journal`);
      return !isThere;
    });
  const sum = (field: keyof Account): number =>
    accounts.reduce((total, account) => total + account[field], 0);
  return {
    entriesInJournals: sum('entriesInJournals'),
    entriesAtHub: sum('entriesAtHub'),
    alarmsInJournals: sum('alarmsInJournals'),
    lost: sum('lost') + missing.length,
    doubled: sum('doubled'),
  };
}

function settleStation(scene: Scene, station: StationInPlay, violations: Violations): Account {
  const { epoch } = station.truth;
  const written = station.truth.entries();
  checkGapless(station, written, violations);
  const committed = scene.truth.entries(station.id);
  const hashes = new Map<string, string[]>();
  for (const row of committed) {
    hashes.set(keyOf(row), [...(hashes.get(keyOf(row)) ?? []), row.hash]);
  }
  let [lost, doubled] = [0, 0];
  for (const { lane, seq, hash } of written) {
    const key = keyOf({ epoch, lane, seq });
    const found = hashes.get(key) ?? [];
    hashes.delete(key);
    if (!found.includes(hash)) {
      lost += 1;
      violations.add(`${station.id} has ${key}, the hub ${found.length === 0 ? 'not' : 'another'}`);
    }
    doubled += Math.max(0, found.length - 1);
  }
  for (const key of hashes.keys()) violations.add(`the hub has ${key}, ${station.id} has not`);
  if (doubled > 0) violations.add(`${doubled} entries of ${station.id} are at the hub twice`);
  const alarmsInJournals = written.filter(
    ({ text }) => typeSchema.parse(JSON.parse(text)).type === 'alarm',
  ).length;
  return {
    entriesInJournals: written.length,
    entriesAtHub: committed.length,
    ...{ alarmsInJournals, lost, doubled },
  };
}

/** A journal that forgot or skipped an entry would agree with a hub that never had it. */
function checkGapless(
  station: StationInPlay,
  written: readonly JournalRow[],
  violations: Violations,
): void {
  const last = new Map<string, number>();
  for (const { lane, seq } of written) {
    const before = last.get(lane) ?? 0;
    if (seq !== before + 1) violations.add(`${station.id} ${lane}: ${seq} follows ${before}`);
    last.set(lane, seq);
  }
}
