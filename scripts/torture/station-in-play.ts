import { join } from 'node:path';
import { type StationPage, VirtualStation } from '../../test/support/virtual-station.ts';
import { StationTruth } from './station-truth.ts';
import { Victim } from './victim.ts';

export interface StationIdentity {
  readonly station: string;
  readonly schemeKey: string;
}

/** A station as the torture sees it: a program to kill, a page to tap on, a journal to look into. */
export class StationInPlay {
  readonly number: number;
  readonly id: string;
  readonly schemeKey: string;
  readonly victim: Victim;
  /** Whether nothing ever stands in the way to the hub's door. */
  readonly isDoorOpen: boolean;
  readonly #folder: string;
  #page: StationPage | undefined;
  #truth: StationTruth | undefined;

  constructor(
    number: number,
    folder: string,
    { station, schemeKey }: StationIdentity,
    { isDoorOpen }: { isDoorOpen: boolean },
  ) {
    this.isDoorOpen = isDoorOpen;
    this.number = number;
    this.id = station;
    this.schemeKey = schemeKey;
    this.#folder = folder;
    this.victim = new Victim(station, async () => {
      const started = await VirtualStation.start(join(folder, 'station.json'));
      this.#page = started;
      return started.program;
    });
  }

  /** The page of its present life. @throws before the first start */
  get page(): StationPage {
    if (this.#page === undefined) throw new Error(`${this.id} has not been started`);
    return this.#page;
  }

  /** Its journal file, the same through all of its lives. */
  get truth(): StationTruth {
    this.#truth ??= new StationTruth(this.#folder);
    return this.#truth;
  }

  /** Lets go of the journal; a station that was never asked for it may have none. */
  close(): void {
    this.#truth?.close();
  }
}
