import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stationTopic } from '../../shared/wire/topics.ts';
import { LoadClient } from './load-client.ts';
import { type LoadScheme, makeLoadScheme } from './load-scheme.ts';
import { MeasuredChild } from './measured-child.ts';
import { preload } from './preload.ts';
import { ReceiptCounter } from './receipt-counter.ts';

export interface IngestBenchOptions {
  readonly stations: number;
  /** Entries in each timed part. */
  readonly entries: number;
  readonly batch: number;
  /** Rounds of raw, singles, batches; the figures are their medians. */
  readonly rounds: number;
  /** Journal rows that are there before. */
  readonly rows: number;
  readonly say: (text: string) => void;
}

export interface IngestFigures {
  readonly rows: number;
  readonly startToReadyMs: number;
  readonly residentBeforeBytes: number;
  readonly residentAfterBytes: number;
  /** Messages a second from 50 publishers through the bare broker to one empty subscriber. */
  readonly rawPerSecond: number;
  /** Entries a second: committed, credited and receipted. */
  readonly singlesPerSecond: number;
  readonly batchesPerSecond: number;
  readonly singlesToRaw: number;
  readonly batchesToRaw: number;
  readonly credited: number;
}

/** Unacknowledged messages of one station; the same for the raw rate and for the hub. */
const inFlightMax = 20;
const batchesInFlightMax = 2;
const rawTopic = 'bench/raw';

/** Measures raw broker, single-entry messages and batches in turn, so that noise meets all alike. */
export async function benchIngest(options: IngestBenchOptions): Promise<IngestFigures> {
  const { stations, rounds, rows, say } = options;
  const dataDir = mkdtempSync(join(tmpdir(), 'yizhan-bench-'));
  try {
    const checkIns = rounds * (sentIn(options, 1) + sentIn(options, options.batch));
    const scheme = await makeLoadScheme(dataDir, stations, checkIns);
    preload(dataDir, rows, scheme.volunteers, say);
    const ports = ['--mqtt-port', '0', '--http-port', '0'];
    const hubArgs = ['--import', 'tsx', 'hub/main.ts', 'start', '--data', dataDir, ...ports];
    const hub = await MeasuredChild.start(hubArgs, /hub ready: MQTT on port (\d+)/);
    const residentBeforeBytes = hub.residentBytes();
    const counter = new ReceiptCounter();
    const clients = await connectStations(Number(hub.said[1]), scheme, counter);
    const rates: { raw: number; singles: number; batches: number }[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const raw = await rawRate(options);
      const singles = await hubRate(clients, scheme, counter, options.entries, 1);
      const batches = await hubRate(clients, scheme, counter, options.entries, options.batch);
      say(`round ${round}: raw ${raw}/s, singles ${singles}/s, batches ${batches}/s`);
      rates.push({ raw, singles, batches });
    }
    for (const client of clients) client.stop();
    const residentAfterBytes = hub.residentBytes();
    await hub.stop();
    return {
      rows,
      startToReadyMs: Math.round(hub.readyMs),
      residentBeforeBytes,
      residentAfterBytes,
      rawPerSecond: median(rates.map(({ raw }) => raw)),
      singlesPerSecond: median(rates.map(({ singles }) => singles)),
      batchesPerSecond: median(rates.map(({ batches }) => batches)),
      singlesToRaw: round2(median(rates.map(({ raw, singles }) => singles / raw))),
      batchesToRaw: round2(median(rates.map(({ raw, batches }) => batches / raw))),
      credited: counter.credited,
    };
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

async function connectStations(
  port: number,
  { stations }: LoadScheme,
  counter: ReceiptCounter,
): Promise<LoadClient[]> {
  const clients: LoadClient[] = [];
  for (const { id, password } of stations) {
    clients.push(
      await LoadClient.connect({
        port,
        clientId: id,
        account: { username: id, password },
        filter: stationTopic(id, 'receipt'),
        onMessage: (payload) => counter.take(id, payload),
      }),
    );
  }
  return clients;
}

const messagesOfEach = (stations: number, entries: number, batch: number): number =>
  Math.ceil(entries / stations / batch);

/** Check-ins in one timed part: as many as were asked for, and what fills the last messages. */
const sentIn = ({ stations, entries }: IngestBenchOptions, batch: number): number =>
  messagesOfEach(stations, entries, batch) * batch * stations;

async function hubRate(
  clients: readonly LoadClient[],
  { stations }: LoadScheme,
  counter: ReceiptCounter,
  entries: number,
  batch: number,
): Promise<number> {
  const messagesEach = messagesOfEach(stations.length, entries, batch);
  const packets = stations.map(({ id, history }) =>
    LoadClient.encode(
      stationTopic(id, 'journal'),
      Array.from({ length: messagesEach }, () => history.message(batch)),
    ),
  );
  const wanted = new Map(stations.map(({ id, history }) => [id, history.last]));
  const startedMs = performance.now();
  const window = batch === 1 ? inFlightMax : batchesInFlightMax;
  await Promise.all(clients.map((client, index) => client.send(packets[index] ?? [], window)));
  await counter.reaches(wanted);
  return perSecond(messagesEach * batch * stations.length, performance.now() - startedMs);
}

async function rawRate({ stations, entries }: IngestBenchOptions): Promise<number> {
  const args = ['--import', 'tsx', 'scripts/bench/raw-broker.ts'];
  const broker = await MeasuredChild.start(args, /raw broker on port (\d+)/);
  const port = Number(broker.said[1]);
  const each = Math.ceil(entries / stations);
  let heard = 0;
  let allHeard = (): void => {};
  const complete = new Promise<void>((resolve) => {
    allHeard = resolve;
  });
  const subscriber = await LoadClient.connect({
    ...{ port, clientId: 'subscriber', filter: rawTopic },
    onMessage: () => {
      heard += 1;
      if (heard === each * stations) allHeard();
    },
  });
  // As long as a single check-in is on the wire.
  const packets = LoadClient.encode(rawTopic, Array(each).fill(Buffer.alloc(500, 'x')));
  const publishers: LoadClient[] = [];
  for (let number = 1; number <= stations; number += 1) {
    publishers.push(await LoadClient.connect({ port, clientId: `publisher-${number}` }));
  }
  const startedMs = performance.now();
  await Promise.all(publishers.map((publisher) => publisher.send(packets, inFlightMax)));
  await complete;
  const rate = perSecond(each * stations, performance.now() - startedMs);
  for (const client of [subscriber, ...publishers]) client.stop();
  await broker.stop();
  return rate;
}

const perSecond = (count: number, ms: number): number => Math.round((count * 1000) / ms);
const round2 = (value: number): number => Math.round(value * 100) / 100;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
