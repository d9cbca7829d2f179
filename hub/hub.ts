import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { type Bus, BusOffline } from '../shared/bus/bus.ts';
import type { Log } from '../shared/log.ts';
import { lockFolder } from '../shared/process-lock.ts';
import { hubPresenceTopic, stationFilters } from '../shared/wire/topics.ts';
import { countOpenAlarms, countOutbox } from './app/reports.ts';
import { withTroubles } from './app/trouble-book.ts';
import { countOpenTroubles, endTroublesOfStrangers, listTroubles } from './app/troubles.ts';
import { BrokerWatch } from './bus/broker-watch.ts';
import { hubPresence, makeBus } from './bus/choose-bus.ts';
import { EmbeddedBus } from './bus/embedded-bus.ts';
import { readTlsFiles } from './bus/tls-files.ts';
import type { TurnedAway } from './bus/visitors.ts';
import { localDay } from './domain/dating.ts';
import { OutboxPublisher } from './feed/outbox.ts';
import { HubMetrics } from './http/metrics.ts';
import { startHttpServer } from './http/server.ts';
import { type StationServer, startStationServer } from './http/station-server.ts';
import { Ingest } from './ingest/ingest.ts';
import { StationDirectory } from './ingest/station-directory.ts';
import { makeLadder, untoldBy } from './ladder/ladder-settings.ts';
import { LadderWatch } from './ladder/ladder-watch.ts';
import { watchNights } from './nightly/watch-nights.ts';
import { zoneWarnings } from './notify/dc09/zone-warnings.ts';
import { makeNotifiers } from './notify/make-notifiers.ts';
import { PresenceWatch } from './presence/presence-watch.ts';
import { TestWatch } from './presence/test-watch.ts';
import type { HubSettings } from './settings.ts';
import { openStore, type Store } from './store/open-store.ts';

const dataVersionPollMs = 100;
/**
 * MQTT clients try to come back after a second (mosquitto_sub, MQTT.js). A broker apart goes on without
 * the hub, and so does whoever follows the feed there; when it was away itself, they come back to it too.
 */
const followersReturnMs = 3_000;
/** A crash forgets the refusals of so long at most; a flood of junk costs one commit in that time. */
const refusalsFlushMs = 1_000;

export interface HubOptions {
  readonly dataDir: string;
  readonly settings: HubSettings;
  readonly log: Log;
}

export interface RunningHub {
  /** Where the broker is: the port of the embedded one, or the address of the external one. */
  readonly broker: string;
  readonly httpPort: number;
  /** Where stations bring an alarm that the broker does not take, if they can. */
  readonly stationHttpPort: number | undefined;
  stop(): Promise<void>;
}

/**
 * Boots the hub, top to bottom; `stop` goes the other way.
 * @throws a listener's error, such as EADDRINUSE, with everything closed again
 */
export async function startHub(options: HubOptions): Promise<RunningHub> {
  const closers: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (let close = closers.pop(); close; close = closers.pop()) await close();
  };
  try {
    return { ...(await boot(options, closers)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function boot(
  { dataDir, settings, log }: HubOptions,
  closers: (() => unknown)[],
): Promise<Omit<RunningHub, 'stop'>> {
  closers.push(lockFolder(dataDir, 'hub'));
  const store = openStore(dataDir);
  closers.push(() => store.close());
  const directory = new StationDirectory(store.db);
  await directory.refresh();

  const presenceOf = hubPresence();
  const farewell = () => presenceOf(false);
  const onTurnedAway = (one: TurnedAway) => ingest.turnedAway(one);
  const bus = makeBus({ dataDir, settings, log }, directory, farewell, onTurnedAway);
  const outbox = new OutboxPublisher(store.db, bus, directory, log);
  if (bus instanceof EmbeddedBus) outbox.hold(followersReturnMs);
  const onCommitted = () => outbox.wake();
  const presence = new PresenceWatch({
    db: store.db,
    directory,
    send: (message) => ingest.send(message),
    onCommitted,
    silentAfterMs: settings.silentAfterMs,
    now: Date.now,
    monotonicNow: () => performance.now(),
    log,
  });
  const ladder = watchLadder({ store, directory, settings, log }, onCommitted);
  const metrics = new HubMetrics({
    openAlarms: () => countOpenAlarms(store),
    exhaustedAlarms: () => ladder.exhausted,
    openTroubles: () => countOpenTroubles(store),
    outboxWaiting: () => countOutbox(store),
    stations: (state) => presence.count(state),
  });
  const ingest: Ingest = new Ingest({
    store,
    directory,
    bus,
    presence,
    onCommitted,
    meter: metrics,
    now: Date.now,
    arrivals: setImmediate,
    dayOf: localDay(settings.timeZone),
    log,
  });

  const http = await startHttpServer({
    ...settings.http,
    registry: metrics.registry,
    troubles: () => listTroubles(store, { ofHub: true }),
    log,
  });
  closers.push(() => http.stop());
  await presence.start();
  closers.push(() => presence.stop());
  const { testEveryDays } = settings;
  const tests = new TestWatch({ db: store.db, testEveryDays, now: Date.now, onCommitted, log });
  closers.push(await tests.start());
  closers.push(() => outbox.stop());
  await lookOverNotifiers({ store, directory, settings, log });
  ladder.start();
  closers.push(() => ladder.stop());
  closers.push(watchNights({ dataDir, settings, store, onCommitted, log }));
  closers.push(writeRefusals(ingest, store, log));
  closers.push(followOtherWriters(store, directory, bus, { ingest, onCommitted, log }));

  await ingest.resume();
  const broker = new BrokerWatch({ db: store.db, now: Date.now, onCommitted, log });
  closers.push(() => broker.stop());
  closers.push(await openBus(bus, { ingest, outbox, broker, presenceOf, log }));
  if (bus instanceof EmbeddedBus) await store.note('mqtt-port', `${bus.port}`);
  const door = await openStationDoor({ dataDir, settings, log }, ingest, metrics);
  if (door) closers.push(() => door.stop());
  const where =
    bus instanceof EmbeddedBus ? `port ${bus.port}` : (settings.externalBroker?.url ?? '');
  return { broker: where, httpPort: http.port, stationHttpPort: door?.port };
}

interface BusUsers {
  readonly ingest: Ingest;
  readonly outbox: OutboxPublisher;
  readonly broker: BrokerWatch;
  readonly presenceOf: (online: boolean) => Buffer;
  readonly log: Log;
}

/** Lets stations in. @returns a function that says good-bye to them. @throws the listener's error */
async function openBus(
  bus: Bus,
  { ingest, outbox, broker, presenceOf, log }: BusUsers,
): Promise<() => Promise<void>> {
  // What a broker kept may be older than the hub's own knowledge, and every station soon says it anew.
  bus.subscribe(stationFilters, async (message) => {
    if (!message.retained) await ingest.take(message);
  });
  const say = (online: boolean): Promise<void> =>
    bus.publish(hubPresenceTopic, presenceOf(online), { retain: true }).catch((error: unknown) => {
      // Said as soon as there is a connection; and of a hub that leaves, the broker has the will.
      if (!(error instanceof BusOffline)) log.info({ err: error, online }, 'presence not sent');
    });
  broker.start();
  await bus.start({
    onConnection: (connected) => {
      if (broker.connection(connected)) outbox.hold(followersReturnMs);
      if (!connected) return;
      void say(true);
      outbox.wake();
    },
    onTrouble: (detail) => {
      if (broker.trouble(detail)) log.warn({ detail }, 'bus');
    },
  });
  return async () => {
    await broker.stop();
    await say(false);
    await bus.stop();
    await ingest.stop();
  };
}

/** The second path of alarms, where the settings ask for it. @throws SettingsError, or the listener's error */
async function openStationDoor(
  { dataDir, settings: { stationHttp }, log }: HubOptions,
  ingest: Ingest,
  metrics: HubMetrics,
): Promise<StationServer | undefined> {
  if (stationHttp === undefined) return undefined;
  const { tls, ...address } = stationHttp;
  return startStationServer({
    ...address,
    ...(tls === undefined ? {} : { tls: readTlsFiles(dataDir, 'stationHttp', tls) }),
    take: (message) => ingest.answer(message, { path: 'https' }),
    seal: (receipt) => ingest.seal(receipt),
    onTurnedAway: (reason) => metrics.refused(reason),
    log,
  });
}

interface LadderUses {
  readonly store: Store;
  readonly directory: StationDirectory;
  readonly settings: HubSettings;
  readonly log: Log;
}

/** What hub.json says of notifiers is sound by itself, and may yet not fit what is in the store. */
async function lookOverNotifiers({ store, directory, settings, log }: LadderUses): Promise<void> {
  const names = settings.notifiers.map(({ name }) => name);
  await endTroublesOfStrangers(store.db, names);
  const doubts = [
    ...untoldBy(settings.ladder, names),
    ...zoneWarnings(settings.notifiers, directory.inService()),
  ];
  for (const doubt of doubts) log.warn(`hub.json: ${doubt}`);
}

/** What is told of alarms that nobody acknowledges. */
function watchLadder(
  { store, directory, settings, log }: LadderUses,
  onCommitted: () => void,
): LadderWatch {
  return new LadderWatch({
    db: store.db,
    ladder: makeLadder(settings.ladder),
    notifiers: makeNotifiers(settings.notifiers, { timeZone: settings.timeZone }),
    nameOf: (id) => directory.nameOf(id),
    now: Date.now,
    onCommitted,
    onTrouble: async (notifier, detail, atMs) => {
      const key = { kind: 'notifier', part: notifier } as const;
      await withTroubles(store.db, atMs, (book) =>
        detail === undefined ? book.end(key, atMs) : book.begin({ ...key, detail }, atMs),
      );
      onCommitted();
    },
    log,
  });
}

/** The command line writes into the same store: its changes are taken up within a moment. */
function followOtherWriters(
  store: Store,
  directory: StationDirectory,
  bus: Bus,
  { ingest, onCommitted, log }: { ingest: Ingest; onCommitted: () => void; log: Log },
): () => void {
  let version = store.dataVersion();
  const poll = setInterval(() => {
    const seen = store.dataVersion();
    if (seen === version) return;
    Promise.all([directory.refresh(), ingest.resume()]).then(
      () => {
        version = seen;
        if (bus instanceof EmbeddedBus) bus.disconnect((id) => directory.find(id)?.revoked ?? true);
        onCommitted();
      },
      (error: unknown) => log.error({ err: error }, 'what another process wrote was not taken up'),
    );
  }, dataVersionPollMs);
  return () => clearInterval(poll);
}

function writeRefusals(ingest: Ingest, store: Store, log: Log): () => Promise<void> {
  const flush = (): Promise<void> => ingest.refusals.flush(store.db);
  const timer = setInterval(() => {
    flush().catch((error: unknown) => log.error({ err: error }, 'refusals not written'));
  }, refusalsFlushMs);
  return () => {
    clearInterval(timer);
    return flush();
  };
}
