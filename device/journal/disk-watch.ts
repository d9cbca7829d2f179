import { statfsSync } from 'node:fs';
import type { Log } from '../../shared/log.ts';
import type { Timers } from '../../shared/timers.ts';
import type { Input } from '../domain/steps.ts';
import { type AlarmReserve, reserveBytes } from './alarm-reserve.ts';
import { reasonOf } from './journal-failure.ts';

/** Taps of ten seconds take some kilobytes: the reserve on the disk is far larger. */
export const watchEveryMs = 10_000;

/** A fault ends only with so much more room than it began with, or it would come and go with each log line. */
const againFactor = 1.25;

export interface DiskWatchOptions {
  /** What is free where the journal lies. */
  readonly freeBytes: () => number;
  readonly reserve: Pick<AlarmReserve, 'held' | 'make'>;
  /** Less room than this on the disk, and taps are refused. */
  readonly diskReserveBytes: number;
  readonly dispatch: (input: Input) => void;
  readonly log: Log;
}

/** Tells the station's brain when the disk gets full and when it has room again, and keeps the alarms' room. */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  #low = false;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  /** Looks now and every ten seconds. @returns a function that ends it. */
  start(timers: Timers): () => void {
    this.look();
    return timers.every(watchEveryMs, () => this.look());
  }

  look(): void {
    const { dispatch, diskReserveBytes } = this.#options;
    const freeBytes = this.#options.freeBytes();
    this.#keepReserve(freeBytes);
    this.#low = freeBytes < diskReserveBytes * (this.#low ? againFactor : 1);
    const freeMib = Math.floor(freeBytes / 1024 ** 2);
    dispatch({
      type: 'part',
      part: 'disk',
      state: this.#low ? 'fault' : 'ready',
      detail: this.#low
        ? `only ${freeMib} MiB are free: taps are refused, alarms go on; make room on the disk`
        : `${freeMib} MiB are free`,
    });
  }

  /** Twice the room, or what an alarm has just been given would be taken from the next. */
  #keepReserve(freeBytes: number): void {
    const { log, reserve } = this.#options;
    if (reserve.held || freeBytes < 2 * reserveBytes) return;
    try {
      reserve.make();
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'no room could be set aside for alarms');
    }
  }
}

/** @returns free bytes for the journal; 0 where the folder cannot even be asked. */
export function freeBytesIn(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0; // the keeper has already reported a folder that cannot be used
  }
}
