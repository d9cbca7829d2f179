import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { mistakeWithinMs } from '../../device/domain/alarms.ts';
import { colors, lights } from '../../device/domain/signals.ts';
import { journalFileName } from '../../device/journal/journal-files.ts';
import { stationSettingsSchema } from '../../device/settings/station-settings.ts';
import { type RunningStation, startStation } from '../../device/station.ts';
import { listAlarms, resolveAlarm } from '../../hub/app/alarms.ts';
import { openStore, type Store } from '../../hub/store/open-store.ts';
import { createLog } from '../../shared/log.ts';
import { readSettings, writeSettings } from '../../shared/settings/settings-file.ts';
import { eventually } from '../../test/support/eventually.ts';
import type { Program } from '../../test/support/program.ts';
import { Scheme } from '../../test/support/scheme.ts';
import { SimulatedBoard } from '../../test/support/simulated-board.ts';
import { appendBacklog } from './backlog.ts';
import { FrozenSubscriber } from './frozen-subscriber.ts';
import { CheckInClock, loadCards, makeLoadScheme } from './load-scheme.ts';
import { type Percentiles, percentiles } from './percentiles.ts';

/** The shortest hold that settings allow: what comes after the gesture is measured, not the gesture. */
const holdMs = 300;
const [storedFrame] = lights.stored.frames;
/** Between a flash of "being sent" and one of "stored". */
const slowFlashMs = 300;
/** An alarm that comes to nothing for so long is a fault, and ends the measurement. */
const alarmTimeoutMs = 30_000;
/** Only what began and ended with so much still to drain was measured beside a draining backlog. */
const drainingMin = 1_000;

export interface AlarmBenchOptions {
  readonly alarms: number;
  /** Check-ins that the station has to deliver meanwhile, 0 for none. */
  readonly backlog: number;
  readonly say: (text: string) => void;
}

/** From the gesture being complete, in milliseconds. */
export interface AlarmFigures {
  readonly backlog: number;
  readonly alarms: number;
  /** Until the entry is on the station's disk, and "being sent" is on its way to the light. */
  readonly toJournal: Percentiles;
  /** Until the station has the hub's receipt: the hub had it on disk before. */
  readonly toStored: Percentiles;
  /** Until the light of the panel says "stored". */
  readonly toLight: Percentiles;
  /** Entries that the station delivered a second while it raised alarms. */
  readonly drainedPerSecond: number;
  /** Followers of the feed that stopped reading, one after the other. */
  readonly frozenSubscribers: number;
}

interface Legs {
  readonly journalMs: number;
  readonly storedMs: number;
  readonly lightMs: number;
}

/** What is measured: a station of this process on a simulated board, with the hub as a process of its own. */
interface Bench {
  readonly scheme: Scheme;
  readonly board: SimulatedBoard;
}

/** What was done meanwhile, over all rounds. */
interface Load {
  drained: number;
  ms: number;
  frozenSubscribers: number;
}

/**
 * Presses the button of a simulated board again and again, and takes the time of each leg.
 * @throws when an alarm does not arrive, or the backlog is drained before an alarm could be measured
 */
export async function benchAlarm(options: AlarmBenchOptions): Promise<AlarmFigures> {
  const board = await SimulatedBoard.start();
  const legs: Legs[] = [];
  const load: Load = { drained: 0, ms: 0, frozenSubscribers: 0 };
  try {
    while (legs.length < options.alarms) {
      const before = legs.length;
      await round(board, options, legs, load);
      options.say(`${legs.length} of ${options.alarms} alarms, backlog ${options.backlog}`);
      if (legs.length === before) throw new Error('the backlog was drained before any alarm');
    }
  } finally {
    await board.stop();
  }
  const of = (leg: keyof Legs) => percentiles(legs.map((one) => one[leg]));
  return {
    backlog: options.backlog,
    alarms: legs.length,
    toJournal: of('journalMs'),
    toStored: of('storedMs'),
    toLight: of('lightMs'),
    drainedPerSecond: Math.round((load.drained * 1000) / Math.max(1, load.ms)),
    frozenSubscribers: load.frozenSubscribers,
  };
}

/** A scheme of its own, in which the station has a whole backlog: each round has the same to do. */
async function round(
  board: SimulatedBoard,
  options: AlarmBenchOptions,
  legs: Legs[],
  load: Load,
): Promise<void> {
  const scheme = await Scheme.create('04A1B2C3', ['--panel', board.path]);
  try {
    const bench = await prepare(scheme, board, options);
    await measure(bench, options, legs, load);
  } finally {
    scheme.remove();
  }
}

async function prepare(
  scheme: Scheme,
  board: SimulatedBoard,
  { backlog }: AlarmBenchOptions,
): Promise<Bench> {
  await makeLoadScheme(scheme.folder, 0, backlog);
  const read = readSettings(scheme.stationFile, stationSettingsSchema);
  const dataDir = join(scheme.folder, 'station', 'data');
  const button = { ...read.button, holdMs };
  writeSettings(scheme.stationFile, {
    ...{ ...read, dataDir, button },
    reader: { kind: 'virtual' },
  });
  const clock = new CheckInClock(loadCards(read.schemeKey, backlog));
  if (backlog > 0) appendBacklog(join(dataDir, journalFileName), backlog, clock);
  return { scheme, board };
}

/** One run of hub and station: until all alarms are measured, or the backlog is drained. */
async function measure(
  { scheme, board }: Bench,
  { alarms, backlog }: AlarmBenchOptions,
  legs: Legs[],
  load: Load,
): Promise<void> {
  const settings = readSettings(scheme.stationFile, stationSettingsSchema);
  // The station boots alone: nothing is drained while the panel is still being looked for.
  const station = await startStation({ settings, log: createLog('bench', 'error') });
  let hub: Program | undefined;
  let store: Store | undefined;
  let frozen: FrozenSubscriber | undefined;
  try {
    await eventually('the panel is ready', () => station.brain.state.parts.panel === 'ready');
    hub = await scheme.startHub();
    store = openStore(scheme.folder);
    if (backlog > 0) frozen = new FrozenSubscriber(scheme.mqttPort, hub);
    await frozen?.freeze();
    await eventually('the hub is reached', () => station.brain.state.hubOnline);
    const waiting = () => {
      const { last, committed } = station.brain.state.lanes.routine;
      return last - committed;
    };
    const [startedMs, startedWith] = [performance.now(), waiting()];
    const isLoaded = () => backlog === 0 || waiting() > drainingMin;
    while (legs.length < alarms && isLoaded()) {
      await frozen?.freeze();
      const one = await oneAlarm(station, board);
      if (isLoaded()) legs.push(one);
      await readyAgain(station, store);
    }
    load.drained += startedWith - waiting();
    load.ms += performance.now() - startedMs;
    load.frozenSubscribers += frozen?.count ?? 0;
  } finally {
    await frozen?.stop();
    await store?.close();
    await station.stop();
    await hub?.stop();
  }
}

/** The button goes down, is held, and the light says that the hub has the call. */
async function oneAlarm({ brain }: RunningStation, board: SimulatedBoard): Promise<Legs> {
  const before = brain.state.lanes.alarm.last;
  board.forget();
  const gestureMs = performance.now() + holdMs;
  const stored = new Promise<{ journalMs: number; storedMs: number }>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('an alarm was not stored')), alarmTimeoutMs);
    let journalMs: number | undefined;
    const end = brain.onChange(() => {
      const { last, committed } = brain.state.lanes.alarm;
      if (last > before) journalMs ??= performance.now() - gestureMs;
      if (committed <= before) return;
      clearTimeout(late);
      end();
      const storedMs = performance.now() - gestureMs;
      resolve({ journalMs: journalMs ?? storedMs, storedMs });
    });
  });
  await board.press();
  const legs = await stored;
  // A light that was red already when "stored" began shows it by staying so: its end tells the beginning.
  const flash = await eventually('the light says "stored"', () =>
    board.shown().find(
      // That of the alarm before may have ended only just now.
      ({ rgb, ms, untilMs }) =>
        `${rgb}` === `${colors.red}` && ms > slowFlashMs && untilMs > gestureMs,
    ),
  );
  await board.release();
  return { ...legs, lightMs: flash.untilMs - (storedFrame?.ms ?? 0) - gestureMs };
}

/** The next hold is a call of its own, and no mistake of the one before, once that is over or long ago. */
async function readyAgain({ brain }: RunningStation, store: Store): Promise<void> {
  for (const { id } of await listAlarms(store)) {
    await resolveAlarm(store, id, 'bench', { cause: 'test', note: 'tried out' });
  }
  const isCallOfNow = () => {
    const { pressedMs = -Infinity } = brain.state.alarms.at(-1) ?? {};
    return performance.now() - pressedMs <= mistakeWithinMs;
  };
  while (isCallOfNow() || brain.state.button.isDown) await delay(10);
}
