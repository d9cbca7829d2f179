import type { Bus } from '../../shared/bus/bus.ts';
import { MqttBus } from '../../shared/bus/mqtt-bus.ts';
import { newSession } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { encodeHubPresence } from '../../shared/wire/codec.ts';
import { hubPresenceTopic } from '../../shared/wire/topics.ts';
import { verifyPassword } from '../app/passwords.ts';
import type { StationDirectory } from '../ingest/station-directory.ts';
import type { HubSettings } from '../settings.ts';
import { EmbeddedBus } from './embedded-bus.ts';
import { readTlsFiles } from './tls-files.ts';
import type { TurnedAway } from './visitors.ts';

/** The hub's session at an external broker: always the same, so that the broker keeps one and no more. */
const hubClientId = 'yizhan-hub';

/** @returns what makes the hub's presence message, of one session. */
export function hubPresence(): (online: boolean) => Buffer {
  const session = { session: newSession(), sinceMs: Date.now() };
  return (online) => encodeHubPresence({ v: 1, kind: 'hub-presence', ...session, online });
}

/**
 * The hub's own broker, unless the settings name another.
 * @param farewell the hub's presence message for when its connection is lost
 * @throws SettingsError when the files of `mqtt.tls` are of no use
 */
export function makeBus(
  { dataDir, settings, log }: { dataDir: string; settings: HubSettings; log: Log },
  directory: StationDirectory,
  farewell: () => Buffer,
  onTurnedAway: (one: TurnedAway) => void,
): Bus {
  const { externalBroker, mqtt } = settings;
  if (externalBroker) {
    const { url, username, password, ca } = externalBroker;
    return new MqttBus({
      url,
      clientId: hubClientId,
      clean: false,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(ca === undefined ? {} : { ca }),
      will: () => ({ topic: hubPresenceTopic, payload: farewell() }),
      log,
    });
  }
  const { tls, ...address } = mqtt;
  return new EmbeddedBus({
    ...address,
    ...(tls === undefined ? {} : { tls: readTlsFiles(dataDir, 'mqtt', tls) }),
    log,
    authenticate: async (username, password) => {
      const station = directory.find(username);
      if (!station) return { kind: 'refused', reason: 'unknown-station' };
      if (station.revoked) return { kind: 'refused', reason: 'revoked-station' };
      return verifyPassword(password, station.mqttPasswordHash)
        ? { kind: 'station', id: username }
        : { kind: 'refused', reason: 'wrong-password' };
    },
    onTurnedAway,
  });
}
