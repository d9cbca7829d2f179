import { MqttBus } from '../shared/bus/mqtt-bus.ts';
import { cardToken } from '../shared/card-token.ts';
import { systemClock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import { FolderInUse, lockFolder } from '../shared/process-lock.ts';
import { systemTimers } from '../shared/timers.ts';
import { Brain } from './brain.ts';
import { ChronyWatch } from './clock/chrony-watch.ts';
import { startClockWatch } from './clock/clock-watch.ts';
import { initialState, presenceOf } from './domain/state.ts';
import { AlarmReserve } from './journal/alarm-reserve.ts';
import { DiskWatch, freeBytesIn } from './journal/disk-watch.ts';
import { JournalKeeper } from './journal/journal-keeper.ts';
import { startRetention } from './journal/retention.ts';
import { FirmataPanel } from './panel/firmata-panel.ts';
import type { Panel } from './panel/panel.ts';
import { VirtualPanel } from './panel/virtual-panel.ts';
import { startPowerWatch } from './power/power-watch.ts';
import { PcscReader } from './reader/pcsc-reader.ts';
import type { Reader } from './reader/reader.ts';
import { VirtualReader } from './reader/virtual-reader.ts';
import type { Neighbours } from './relay/neighbours.ts';
import { otherPathsOf, startSecondPath } from './second-path/start.ts';
import type { StationSettings } from './settings/station-settings.ts';
import { Uplink } from './uplink/uplink.ts';
import { readVersion } from './version.ts';
import { startVirtualUnit, type VirtualUnitServer } from './virtual-unit/server.ts';
import { StationUnit } from './virtual-unit/station-unit.ts';
import type { DemoCard } from './virtual-unit/unit.ts';

export interface StationOptions {
  readonly settings: StationSettings;
  readonly log: Log;
  /** Serves a page that draws the unit, instead of real hardware. */
  readonly virtual?: { readonly port: number; readonly cards: readonly DemoCard[] };
  /** Where relays are found, instead of the local network. */
  readonly neighbours?: Neighbours;
}

interface Hardware {
  readonly reader: Reader;
  readonly panel: Panel;
}

export interface RunningStation {
  /** Where the virtual unit's page is, when there is one. */
  readonly url: string | undefined;
  /** Told of every change, for whoever measures or watches it from inside the process. */
  readonly brain: Pick<Brain, 'state' | 'onChange'>;
  readonly reader: Reader;
  stop(): Promise<void>;
}

/** Boots a station, top to bottom; `stop` goes the other way. @throws when the page's port is taken. */
export async function startStation(options: StationOptions): Promise<RunningStation> {
  const { settings, log } = options;
  const chrony = new ChronyWatch();
  const stopChrony = chrony.start(systemTimers);
  const clock = systemClock(() => chrony.synced);
  const version = readVersion();

  const unlock = lockJournal(settings.dataDir);
  const reserve = new AlarmReserve(settings.dataDir);
  const keeper = new JournalKeeper(settings.dataDir, { reserve });
  const hardwareParts = hardware(options);
  const { reader, panel } = hardwareParts;
  const { button, silent } = settings;
  const restored = keeper.journal.restore();
  const state = initialState(button, restored, systemTimers.now(), {
    ...{ silent, otherPaths: otherPathsOf(settings) },
  });
  const uplink = new Uplink({
    station: settings.station,
    macKey: settings.macKey,
    clock,
    log,
    journal: () => keeper.journal,
    dispatch: (input) => brain.dispatch(input),
    onUnreadable: (lane, error) => brain.onUnreadable(lane, error),
  });
  const diskFreeBytes = () => freeBytesIn(settings.dataDir);
  const brain = new Brain({ keeper, panel, uplink, clock, log, version, diskFreeBytes }, state);
  const presence = () => presenceOf(brain.state);
  const bus = new MqttBus({
    url: settings.hub.url,
    clientId: settings.station,
    username: settings.station,
    password: settings.hub.password,
    ...(settings.hub.ca === undefined ? {} : { ca: settings.hub.ca }),
    will: () => uplink.will(presence()),
    log,
  });

  const page = await servePage(options, { reader, panel, brain });

  brain.dispatch({ type: 'started', version });
  if (keeper.trouble !== undefined) {
    log.error({ detail: keeper.trouble }, 'journal fault');
    brain.dispatch({ type: 'part', part: 'journal', state: 'fault', detail: keeper.trouble });
  }
  const { diskReserveBytes, keepDays } = settings.journal;
  const stopDiskWatch = new DiskWatch({
    ...{ freeBytes: diskFreeBytes, reserve, diskReserveBytes, log },
    dispatch: brain.dispatch,
  }).start(systemTimers);
  const stopClockWatch = startClockWatch(systemTimers, clock, brain.dispatch);
  const stopPowerWatch = startPowerWatch(systemTimers, brain.dispatch);
  startHardware(hardwareParts, brain, options);
  const { neighbours } = options;
  const parts = { settings, brain, keeper, uplink, bus, neighbours, log };
  const secondPath = await startSecondPath(parts);
  await uplink.start(bus);
  const stopRetention = startRetention(systemTimers, { keeper, clock, log, keepDays });
  log.info({ station: settings.station, epoch: keeper.journal.epoch }, 'station started');

  return {
    url: page?.url,
    brain,
    reader,
    async stop() {
      stopRetention();
      stopDiskWatch();
      stopPowerWatch();
      stopClockWatch();
      stopChrony();
      await page?.stop();
      await reader.stop();
      await secondPath.stop();
      await uplink.stop(presence());
      brain.stop();
      await panel.stop();
      keeper.close();
      unlock();
      log.info('station stopped');
    },
  };
}

/** From here on cards and presses come, and the parts say how they are. */
function startHardware({ reader, panel }: Hardware, brain: Brain, options: StationOptions): void {
  const { log, settings } = options;
  panel.start({
    onButton: (edge, found = false) => brain.dispatch({ type: 'button', edge, found }),
    onState: (state, detail) => {
      log.info({ state, detail }, 'panel');
      brain.dispatch({ type: 'part', part: 'panel', state, detail });
    },
  });
  reader.start({
    onCard: (uid, sun) =>
      brain.dispatch({ type: 'card', token: cardToken(settings.schemeKey, uid), sun }),
    onPhone: () => brain.dispatch({ type: 'card-phone' }),
    onUnreadable: () => brain.dispatch({ type: 'card-unreadable' }),
    onCardGone: () => {},
    onState: (state, detail) => {
      log.info({ state, detail }, 'reader');
      brain.dispatch({ type: 'part', part: 'reader', state, detail });
    },
  });
}

/** The page that draws the unit, where there is no hardware to look at. @throws when its port is taken */
async function servePage(
  { settings, log, virtual }: StationOptions,
  { reader, panel, brain }: { reader: Reader; panel: Panel; brain: Brain },
): Promise<VirtualUnitServer | undefined> {
  const isVirtual = reader instanceof VirtualReader && panel instanceof VirtualPanel;
  if (!virtual || !isVirtual) return undefined;
  const { port, cards } = virtual;
  const unit = new StationUnit({ station: settings.station, reader, panel, brain, cards });
  return startVirtualUnit({ port, unit, log });
}

/** A folder that cannot be written has no journal to guard: the station goes on in memory, and says so. */
function lockJournal(folder: string): () => void {
  try {
    return lockFolder(folder, 'station');
  } catch (error) {
    if (error instanceof FolderInUse) throw error;
    return () => {}; // the keeper meets the same fault, and reports it
  }
}

function hardware({ settings, log, virtual }: StationOptions): Hardware {
  const { reader, panel } = settings;
  return {
    reader: virtual || reader.kind === 'virtual' ? new VirtualReader() : new PcscReader({ log }),
    panel:
      virtual || panel.kind === 'virtual'
        ? new VirtualPanel()
        : new FirmataPanel({ path: panel.path, log }),
  };
}
