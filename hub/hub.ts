import { newSession } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import { encodeHubPresence } from '../shared/wire/codec.ts';
import { hubPresenceTopic, stationFilters } from '../shared/wire/topics.ts';
import { verifyPassword } from './app/passwords.ts';
import { EmbeddedBus } from './bus/embedded-bus.ts';
import { localDay } from './domain/dating.ts';
import { OutboxPublisher } from './feed/outbox.ts';
import { Ingest } from './ingest/ingest.ts';
import { StationDirectory } from './ingest/station-directory.ts';
import { PresenceWatch } from './presence/presence-watch.ts';
import type { HubSettings } from './settings.ts';
import { openStore } from './store/open-store.ts';

const dataVersionPollMs = 100;
/** A crash forgets the refusals of so long at most; a flood of junk costs one commit in that time. */
const refusalsFlushMs = 1_000;

/** Boots the hub, top to bottom; `stop` goes the other way. */
export async function startHub(options: { dataDir: string; settings: HubSettings; log: Log }) {
  const { dataDir, settings, log } = options;
  const store = openStore(dataDir);
  const directory = new StationDirectory(store.db);
  await directory.refresh();
  const bus = new EmbeddedBus({
    ...settings.mqtt,
    log,
    authenticate: async (username, password) => {
      const station = directory.find(username);
      if (!station || station.revoked) return undefined;
      const right = await verifyPassword(password, station.mqttPasswordHash);
      return right ? { kind: 'station', id: username } : undefined;
    },
  });
  const outbox = new OutboxPublisher(store.db, bus, directory, log);
  const presence = new PresenceWatch(store.db, (message) => ingest.send(message));
  const ingest: Ingest = new Ingest({
    db: store.db,
    directory,
    bus,
    presence,
    onCommitted: () => outbox.wake(),
    meter: { refused: () => {}, committed: () => {}, receipted: () => {} },
    now: Date.now,
    dayOf: localDay(settings.timeZone),
    log,
  });
  bus.subscribe(stationFilters, (message) => ingest.take(message));
  try {
    await bus.start({ onTrouble: (detail) => log.warn({ detail }, 'bus') });
  } catch (error) {
    await store.close();
    throw error;
  }
  const session = {
    v: 1,
    kind: 'hub-presence',
    session: newSession(),
    sinceMs: Date.now(),
  } as const;
  const say = (online: boolean) =>
    bus.publish(hubPresenceTopic, encodeHubPresence({ ...session, online }), { retain: true });
  await say(true);
  outbox.wake();
  let version = store.dataVersion();
  const poll = setInterval(() => {
    if (store.dataVersion() === version) return;
    version = store.dataVersion();
    directory.refresh().then(
      () => outbox.wake(),
      (error) => log.error({ err: error }, 'stations not refreshed'),
    );
  }, dataVersionPollMs);
  const flush = setInterval(() => {
    ingest.refusals
      .flush(store.db)
      .catch((error: unknown) => log.error({ err: error }, 'refusals not written'));
  }, refusalsFlushMs);
  const stop = async (): Promise<void> => {
    clearInterval(poll);
    clearInterval(flush);
    await say(false);
    await bus.stop();
    await ingest.settled();
    await outbox.stop();
    await ingest.refusals.flush(store.db);
    await store.close();
  };
  return { stop, port: bus.port };
}
