import { expect } from 'vitest';
import { Dc09Notifier, type Dc09Options } from '../../hub/notify/dc09/dc09-notifier.ts';
import { type Dc09Settings, dc09Schema } from '../../hub/notify/dc09/dc09-settings.ts';
import { type Notice, NotifyError } from '../../hub/notify/notifier.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import { Dc09Receiver, type ReceiverOptions } from './dc09-receiver.ts';

export const notice: Notice = {
  id: 'no-1',
  alarmId: 1,
  station: 'st-00000001',
  stationName: 'Station 1',
  raisedMs: 1_000,
  storedMs: 1_100,
  isMistake: false,
  isTest: false,
  step: 1,
};
export const other = { ...notice, id: 'no-2', alarmId: 2, station: 'st-00000002' };
const zones = { 'st-00000001': 7, 'st-00000002': 108 };
export const key = '00112233445566778899AABBCCDDEEFF';
export const never = new AbortController().signal;
/** For events whose every attempt is to fail. */
export const brief = { ackTimeoutS: 0.4 };
/** For events that are answered after a silence. */
export const short = { ackTimeoutS: 1 };

/** Supervises a line twenty times as fast: every 50 ms, as the least that the settings may ask for is 1 s. */
export const quick: Timers = {
  ...systemTimers,
  after: (ms, run) => systemTimers.after(ms / 20, run),
};

const running: { stop(): Promise<void> }[] = [];

/** What `stopAll` is to stop. */
export function keep<T extends { stop(): Promise<void> }>(part: T): T {
  running.push(part);
  return part;
}

/** For afterEach: notifiers and receivers, last things first. */
export async function stopAll(): Promise<void> {
  for (const part of running.splice(0).reverse()) await part.stop();
}

export async function startReceiver(options?: ReceiverOptions): Promise<Dc09Receiver> {
  return keep(await Dc09Receiver.start(options));
}

export function startNotifier(
  port: number,
  settings: Partial<Dc09Settings> = {},
  options: Dc09Options = {},
): Dc09Notifier {
  const least = { kind: 'dc09', name: 'Monitoring', host: '127.0.0.1', port, account: '1234' };
  // Generous where an answer comes: the machine may be busy. Silence is `brief` or `short`.
  const patient = { ackTimeoutS: 20, ...settings };
  const retry = { firstMs: 20, maxMs: 20 };
  const all = { ...dc09Schema.parse({ ...least, zones }), ...patient };
  return keep(new Dc09Notifier(all, { firstSequence: 1, retry, ...options }));
}

/** @returns the one line that a NotifyError says */
export async function errorOf(work: Promise<void>): Promise<string> {
  const error: unknown = await work.then(
    () => 'it did not fail',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NotifyError);
  const message = error instanceof Error ? error.message : '';
  expect(message).not.toMatch(/[\r\n]/);
  return message;
}

export const sequences = ({ frames }: Dc09Receiver): string[] =>
  frames.map(({ sequence }) => sequence);
