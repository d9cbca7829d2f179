import { pino } from 'pino';
import { Brain } from '../../device/brain.ts';
import { initialState } from '../../device/domain/state.ts';
import { AlarmReserve } from '../../device/journal/alarm-reserve.ts';
import { DiskWatch, freeBytesIn } from '../../device/journal/disk-watch.ts';
import { diskFiles, type JournalFiles } from '../../device/journal/journal-files.ts';
import { JournalKeeper } from '../../device/journal/journal-keeper.ts';
import { VirtualPanel } from '../../device/panel/virtual-panel.ts';
import { Uplink } from '../../device/uplink/uplink.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import { encodeHubPresence } from '../../shared/wire/codec.ts';
import { hubPresenceTopic, stationTopic } from '../../shared/wire/topics.ts';
import { MemoryBus } from './memory-bus.ts';
import type { ModelHub } from './model-hub.ts';

export const stationId = 'st-0a1b2c3d';
export const macKey = Buffer.alloc(32, 7).toString('base64url');
export const card = 'a'.repeat(32);
const holdMs = 300;
export const diskReserveBytes = 16 * 1024 ** 2;

/** A station's whole program without hardware and network: real journal, brain and uplink. */
export class LoneStation {
  readonly keeper: JournalKeeper;
  readonly reserve: AlarmReserve;
  /** Looks at the disk when the test says so. */
  readonly disk: DiskWatch;
  readonly brain: Brain;
  /** Called in the midst of a decision's steps, when the light or the tone changes. */
  onPanel: () => void = () => {};
  readonly #uplink: Uplink;
  readonly #bus: MemoryBus;

  /** @param hub takes what this station sends from now on, and answers it */
  constructor(
    folder: string,
    hub: ModelHub,
    { files = diskFiles, timers = systemTimers }: { files?: JournalFiles; timers?: Timers } = {},
  ) {
    const log = pino({ level: 'silent' });
    const clock = systemClock();
    this.reserve = new AlarmReserve(folder);
    this.keeper = new JournalKeeper(folder, { reserve: this.reserve, files });
    this.#bus = new MemoryBus((payload) => hub.take(payload));
    hub.answer = (kind, payload) => this.#bus.deliver(stationTopic(stationId, kind), payload);
    this.#uplink = new Uplink({
      ...{ station: stationId, macKey, clock, log },
      journal: () => this.keeper.journal,
      dispatch: (input) => this.brain.dispatch(input),
      onUnreadable: (lane, error) => this.brain.onUnreadable(lane, error),
    });
    const panel = new VirtualPanel({ onChange: () => this.onPanel() });
    const rules = { holdMs, pressesWithinMs: 2000 };
    const state = initialState(rules, this.keeper.journal.restore(), timers.now());
    this.brain = new Brain(
      {
        ...{ keeper: this.keeper, panel, uplink: this.#uplink, clock, log, timers },
        version: 'test',
        diskFreeBytes: () => 1e9,
      },
      state,
    );
    this.disk = new DiskWatch({
      ...{ freeBytes: () => freeBytesIn(folder), reserve: this.reserve, diskReserveBytes, log },
      dispatch: this.brain.dispatch,
    });
    for (const part of ['reader', 'panel'] as const) {
      this.brain.dispatch({ type: 'part', part, state: 'ready', detail: '' });
    }
  }

  /** The row of the light table that is shown. */
  get light(): string {
    return this.brain.state.shown.split(' ')[0] ?? '';
  }

  async connect(): Promise<void> {
    await this.#uplink.start(this.#bus);
    const presence = { v: 1, kind: 'hub-presence', session: 'se-000000000000' } as const;
    const payload = encodeHubPresence({ ...presence, online: true, sinceMs: 0 });
    await this.#bus.deliver(hubPresenceTopic, payload);
  }

  tap(): void {
    this.brain.dispatch({ type: 'card', token: card });
  }

  /** Three short presses. */
  callForHelp(): void {
    for (let press = 0; press < 3; press += 1) {
      this.brain.dispatch({ type: 'button', edge: 'down' });
      this.brain.dispatch({ type: 'button', edge: 'up' });
    }
  }

  async stop(): Promise<void> {
    await this.#bus.stop();
    this.brain.stop();
    this.keeper.close();
  }
}
