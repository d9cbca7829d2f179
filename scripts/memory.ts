import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { eventually } from '../test/support/eventually.ts';
import { FeedListener } from '../test/support/feed-listener.ts';
import { Pcscd } from '../test/support/pcscd.ts';
import { Program } from '../test/support/program.ts';
import { Scheme } from '../test/support/scheme.ts';
import { SimulatedBoard } from '../test/support/simulated-board.ts';
import { VirtualCard } from '../test/support/virtual-card.ts';
import { childrenOf, memoryOf, memoryTogetherKb, type ProcessMemory } from './process-memory.ts';

/** A Pi Zero 2 W has 512 MB in all; the station and its reader process together should stay below this. */
const aimMb = 120;
/** Starting leaves garbage behind, and the first collections come with the work. */
const settleMs = 5_000;
/** pcscd, made fast, looks every 20 ms at each of two slots: an absence that it cannot overlook. */
const absenceMs = 100;
/** Many times what reading takes; a card that is not read by then was never seen. */
const readWithinMs = 2_000;
const uid = '04A1B2C3D4E5F6';

interface Sample {
  readonly station: ProcessMemory;
  readonly reader: ProcessMemory;
  readonly togetherKb: number;
}

const manifest = z.looseObject({ scripts: z.looseObject({ station: z.string() }) });

/** The command of `npm run station`: what users run is what is measured. */
function stationCommand(): string {
  const json: unknown = JSON.parse(readFileSync('package.json', 'utf8'));
  return manifest.parse(json).scripts.station;
}

function count(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('expected a whole number above 0.');
}

const options = new Command('memory')
  .description('Measures a station with real reader and panel software, idle and after many taps.')
  .option('--taps <count>', 'how many', count, 1_000)
  .option('--command <command>', 'how to start the station', stationCommand())
  .option('--json', 'machine-readable')
  .parse()
  .opts<{ taps: number; command: string; json?: true }>();

const parts: { stop(): Promise<unknown> }[] = [];

/** Notes what runs, so that it is stopped in reverse. */
async function run<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const part = await starting;
  parts.push(part);
  return part;
}

function sample(station: Program, reader: number): Sample {
  if (!childrenOf(station.pid).includes(reader))
    throw new Error('the reader process was restarted');
  return {
    station: memoryOf(station.pid),
    reader: memoryOf(reader),
    togetherKb: memoryTogetherKb([station.pid, reader]),
  };
}

async function isRead(card: VirtualCard): Promise<boolean> {
  const deadlineMs = performance.now() + readWithinMs;
  while (card.uidRequests === 0 && performance.now() < deadlineMs) await delay(10);
  return card.uidRequests > 0;
}

/**
 * Each tap is a card that comes, is read by the reader process, and goes. On a busy machine pcscd
 * may overlook an absence, and then the card after it: that one does not count.
 */
async function tap(port: number, taps: number): Promise<void> {
  let read = 0;
  for (let cards = 0; read < taps; cards += 1) {
    if (cards > 2 * taps) throw new Error(`of ${cards} cards only ${read} were read`);
    const card = new VirtualCard(port, uid);
    if (await isRead(card)) read += 1;
    card.take();
    await delay(absenceMs);
  }
}

async function measure(pcscd: Pcscd, scheme: Scheme, board: SimulatedBoard) {
  await pcscd.start();
  await run(scheme.startHub());
  const feed = await run(FeedListener.start(scheme.mqttPort));
  const [, ...args] = options.command.split(' ');
  const env = { PCSCLITE_CSOCK_NAME: pcscd.socketPath, YIZHAN_LOG: 'info' };
  const ready = /"state":"ready".*"msg":"reader"/;
  const whole = [...args, '--settings', scheme.stationFile];
  const station = await run(Program.startNode(whole, ready, env));
  await eventually('the panel is ready', () => board.light().some((level) => level > 0));
  await delay(settleMs);
  const reader = childrenOf(station.pid)[0];
  if (reader === undefined) throw new Error('the station has no reader process');
  const idle = sample(station, reader);
  await tap(pcscd.port, options.taps);
  await eventually(
    'every tap is on the feed',
    () => feed.messages('check-in').length >= options.taps,
  );
  return { idle, afterTaps: sample(station, reader) };
}

const mb = (kb: number): string => (kb / 1024).toFixed(1).padStart(8);

function table({ idle, afterTaps }: { idle: Sample; afterTaps: Sample }): string {
  const row = (name: string, pick: (sample: Sample) => number) =>
    `${name.padEnd(34)}${mb(pick(idle))}${mb(pick(afterTaps)).padStart(14)}`;
  return [
    `${'MB'.padEnd(34)}    idle  after ${options.taps} taps`,
    row('station, resident', ({ station }) => station.rssKb),
    row('  of it its own (anonymous)', ({ station }) => station.anonymousKb),
    row('  proportional share (PSS)', ({ station }) => station.pssKb),
    row('reader process, resident', ({ reader }) => reader.rssKb),
    row('  of it its own (anonymous)', ({ reader }) => reader.anonymousKb),
    row('  proportional share (PSS)', ({ reader }) => reader.pssKb),
    row('together, shared pages once', ({ togetherKb }) => togetherKb),
    `Aim: below ${aimMb} MB together. Node ${process.version}, ${process.arch}: ${options.command}`,
  ].join('\n');
}

const board = await run(SimulatedBoard.start());
const pcscd = await Pcscd.prepare({ fastPoll: true });
const scheme = await Scheme.create(uid, ['--panel', board.path]);
try {
  const { idle, afterTaps } = await measure(pcscd, scheme, board);
  const { taps, command, json } = options;
  const { version, arch } = process;
  const result = { node: version, arch, command, taps, aimMb, idle, afterTaps };
  process.stdout.write(`${json ? JSON.stringify(result) : table({ idle, afterTaps })}\n`);
} finally {
  for (const part of parts.reverse()) await part.stop();
  await pcscd.remove();
  scheme.remove();
}
