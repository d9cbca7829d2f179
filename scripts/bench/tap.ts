import { setTimeout as delay } from 'node:timers/promises';
import { VirtualReader } from '../../device/reader/virtual-reader.ts';
import { stationSettingsSchema } from '../../device/settings/station-settings.ts';
import { type RunningStation, startStation } from '../../device/station.ts';
import { createLog } from '../../shared/log.ts';
import { readSettings, writeSettings } from '../../shared/settings/settings-file.ts';
import { eventually } from '../../test/support/eventually.ts';
import { Pcscd } from '../../test/support/pcscd.ts';
import { Scheme } from '../../test/support/scheme.ts';
import { VirtualCard } from '../../test/support/virtual-card.ts';
import { type Percentiles, percentiles } from './percentiles.ts';

const uid = '04A1B2C3';
/** pcscd, made fast, looks every 20 ms at each of two slots: an absence that it cannot overlook. */
const absenceMs = 100;
/** A tap that comes to nothing for so long is a fault, and ends the measurement. */
const outcomeTimeoutMs = 10_000;

export interface TapFigures {
  readonly reader: 'virtual' | 'pcscd';
  readonly taps: number;
  /** From the card to the light that says "seen and on disk", in milliseconds. */
  readonly toDisk: Percentiles;
  /** From the card to the light that says what the hub made of it. */
  readonly toOutcome: Percentiles;
}

/** Measures taps on a station in this process, with the hub as a process of its own beside it. */
export async function benchTap(taps: number, say: (text: string) => void): Promise<TapFigures[]> {
  const pcscd = await Pcscd.prepare({ fastPoll: true });
  await pcscd.start();
  process.env['PCSCLITE_CSOCK_NAME'] = pcscd.socketPath;
  try {
    const figures: TapFigures[] = [];
    for (const reader of ['virtual', 'pcscd'] as const) {
      say(`${taps} taps, ${reader} reader …`);
      figures.push(await measure(reader, taps, pcscd.port));
    }
    return figures;
  } finally {
    await pcscd.remove();
  }
}

async function measure(
  kind: TapFigures['reader'],
  taps: number,
  port: number,
): Promise<TapFigures> {
  const scheme = await Scheme.create(uid, ['--virtual']);
  const hub = await scheme.startHub();
  const read = readSettings(scheme.stationFile, stationSettingsSchema);
  const reader = kind === 'virtual' ? { kind } : { kind: 'pcsc' as const };
  writeSettings(scheme.stationFile, { ...read, reader, dataDir: `${scheme.folder}/station` });
  const settings = readSettings(scheme.stationFile, stationSettingsSchema);
  const station = await startStation({ settings, log: createLog('bench', 'warn') });
  try {
    await eventually('the station is ready', () => rowOf(station) === 'all-well');
    const toDisk: number[] = [];
    const toOutcome: number[] = [];
    for (let number = 0; number < taps; number += 1) {
      const times = await oneTap(station, port);
      toDisk.push(times.diskMs);
      toOutcome.push(times.outcomeMs);
      await delay(absenceMs);
    }
    return { reader: kind, taps, toDisk: percentiles(toDisk), toOutcome: percentiles(toOutcome) };
  } finally {
    await station.stop();
    await hub.stop();
    scheme.remove();
  }
}

const rowOf = ({ brain }: RunningStation): string => brain.state.shown.split(' ')[0] ?? '';

/** The card comes, the light says "on disk", the light says what came of it, the card goes. */
async function oneTap(
  station: RunningStation,
  port: number,
): Promise<{ diskMs: number; outcomeMs: number }> {
  const before = station.brain.state.lanes.routine.last;
  const startedMs = performance.now();
  let diskMs: number | undefined;
  const outcome = new Promise<number>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('a tap had no outcome')), outcomeTimeoutMs);
    const end = station.brain.onChange(() => {
      const { lanes, tap } = station.brain.state;
      if (lanes.routine.last > before) diskMs ??= performance.now() - startedMs;
      if (tap === undefined || (tap.seq ?? 0) <= before) return;
      if (tap.kind === 'on-disk' || tap.kind === 'saved-here') return;
      clearTimeout(late);
      end();
      resolve(performance.now() - startedMs);
    });
  });
  const take = putCard(station, port);
  const outcomeMs = await outcome;
  take();
  return { diskMs: diskMs ?? outcomeMs, outcomeMs };
}

/** @returns a function that takes it away again */
function putCard({ reader }: RunningStation, port: number): () => void {
  if (reader instanceof VirtualReader) {
    reader.putCard(uid);
    return () => reader.takeCard();
  }
  const card = new VirtualCard(port, uid);
  return () => card.take();
}
