import type { FaultPart } from '../../shared/wire/entry.ts';
import type { HealthMessage, PartState } from '../../shared/wire/messages.ts';
import { TroubleBook } from '../app/trouble-book.ts';
import { reportedFaultAfterMs, reportedReadyAfterMs } from '../domain/trouble.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { Db } from '../store/schema.ts';

/** Parts that have a word of their own in the report. */
const reportedParts = ['reader', 'panel', 'journal', 'disk', 'clock', 'button', 'power'] as const;
type ReportedPart = (typeof reportedParts)[number] & FaultPart;

interface Reported {
  readonly state: PartState;
  /** On the monotonic clock: since when each report has said the same. */
  readonly sinceMs: number;
}

export interface SweepOptions {
  readonly db: Db;
  readonly now: () => number;
  readonly onCommitted: () => void;
}

type Parts = Partial<Record<ReportedPart, Reported>>;

/**
 * What health reports say of parts, besides the fault entries: the truth is in the entries, and the
 * reports stand in where one is late, could not be written, or will never come.
 */
export class PartReports {
  readonly #stations = new Map<string, Parts>();
  /** Stations that report a fault: few, so that a sweep asks about few. */
  readonly #faulty = new Set<string>();

  take(report: HealthMessage, monotonicMs: number): void {
    const { station } = report;
    const before = this.#stations.get(station) ?? {};
    const now: Parts = {};
    for (const part of reportedParts) {
      const state = report[part];
      if (state === undefined) continue;
      const known = before[part];
      now[part] = known?.state === state ? known : { state, sinceMs: monotonicMs };
    }
    this.#stations.set(station, now);
    if (Object.values(now).some(({ state }) => state === 'fault')) this.#faulty.add(station);
    else this.#faulty.delete(station);
  }

  /** Begins and ends the troubles that were reported for long enough. */
  async sweep({ db, now, onCommitted }: SweepOptions, monotonicMs: number): Promise<void> {
    const open = await db
      .selectFrom('trouble')
      .select(['station', 'kind', 'told_ms as toldMs'])
      .where('kind', 'in', reportedParts)
      .where('station', 'is not', null)
      .where('ended_ms', 'is', null)
      .execute();
    const nowMs = now();
    const isOpen = (station: string, part: ReportedPart) =>
      open.some((trouble) => trouble.station === station && trouble.kind === part);
    const begun = this.#faults(monotonicMs).filter(({ station, part }) => !isOpen(station, part));
    const ended = open.filter(
      ({ station, kind, toldMs }) =>
        nowMs - toldMs >= reportedReadyAfterMs && this.#isWell(station, kind, monotonicMs),
    );
    if (begun.length === 0 && ended.length === 0) return;
    await db.transaction().execute(async (trx) => {
      const outgoing = new Outgoing();
      const book = new TroubleBook(trx, outgoing, nowMs);
      for (const { station, part, sinceMs } of begun) {
        const detail = 'its health report says so';
        const atMs = Math.round(nowMs - (monotonicMs - sinceMs));
        await book.begin({ station, kind: part, detail }, atMs);
      }
      for (const { station, kind } of ended) {
        if (station !== null) await book.end({ station, kind }, nowMs);
      }
      await outgoing.store(trx);
    });
    onCommitted();
  }

  #faults(monotonicMs: number): { station: string; part: ReportedPart; sinceMs: number }[] {
    return [...this.#faulty].flatMap((station) =>
      reportedParts.flatMap((part) => {
        const reported = this.#stations.get(station)?.[part];
        const isLong = reported && monotonicMs - reported.sinceMs >= reportedFaultAfterMs;
        return isLong && reported.state === 'fault'
          ? [{ station, part, sinceMs: reported.sinceMs }]
          : [];
      }),
    );
  }

  #isWell(station: string | null, kind: string, monotonicMs: number): boolean {
    const part = reportedParts.find((known) => known === kind);
    if (station === null || part === undefined) return false;
    const reported = this.#stations.get(station)?.[part];
    return reported?.state === 'ready' && monotonicMs - reported.sinceMs >= reportedReadyAfterMs;
  }
}
