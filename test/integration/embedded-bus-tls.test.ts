import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedBus } from '../../hub/bus/embedded-bus.ts';
import { strangerPacketBytesMax } from '../../hub/bus/packet-guard.ts';
import { silentConnectionsMax } from '../../hub/bus/silent-connections.ts';
import { readTlsFiles } from '../../hub/bus/tls-files.ts';
import { MqttBus } from '../../shared/bus/mqtt-bus.ts';
import { createLog } from '../../shared/log.ts';
import { SettingsError } from '../../shared/settings/settings-file.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import { type BusHarness, busContract } from '../contracts/bus-contract.ts';
import { TestAuthority } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { connectPacket, RawClient } from '../support/raw-mqtt.ts';
import { TcpCutter } from '../support/tcp-cutter.ts';

const log = createLog('test', 'silent');
const station = 'st-00000001';
const password = 'a password of the test';

let authority: TestAuthority;
let stranger: TestAuthority;
beforeAll(() => {
  authority = new TestAuthority();
  stranger = new TestAuthority();
});
afterAll(() => {
  authority.remove();
  stranger.remove();
});

const embedded = (port: number): EmbeddedBus =>
  new EmbeddedBus({
    host: '127.0.0.1',
    port,
    tls: authority.tls,
    authenticate: async (id, given) => (given === password ? { kind: 'station', id } : undefined),
    log,
  });

const stationBus = (port: number, ca: string, options: object = {}): MqttBus =>
  new MqttBus({
    url: `mqtts://127.0.0.1:${port}`,
    ca,
    clientId: station,
    username: station,
    password,
    log,
    ...options,
  });

busContract('aedes in the hub, over TLS,', async (): Promise<BusHarness> => {
  const port = await freePort();
  const cutter = await TcpCutter.start(port);
  return {
    hub: embedded(port),
    station: (will) => stationBus(cutter.port, authority.ca, will === undefined ? {} : { will }),
    cutStations: async () => cutter.cut(),
    stop: () => cutter.stop(),
  };
});

describe('the embedded broker over TLS', () => {
  const open: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.stop();
  });

  async function startHub() {
    const hub = embedded(0);
    const troubles: string[] = [];
    const topics: string[] = [];
    hub.subscribe([stationTopic('+', 'journal')], async ({ topic }) => {
      topics.push(topic);
    });
    await hub.start({ onTrouble: (detail) => troubles.push(detail) });
    open.push(hub);
    return { hub, troubles, topics };
  }

  it('is no hub to a station that trusts another authority', async () => {
    const { hub, troubles, topics } = await startHub();
    const refusals: string[] = [];
    let connected = false;
    const bus = stationBus(hub.port, stranger.ca);
    open.push(bus);
    await bus.start({
      onConnection: () => {
        connected = true;
      },
      onTrouble: (detail) => refusals.push(detail),
    });
    await eventually('two refusals', () => refusals.length >= 2);
    expect(connected).toBe(false);
    expect(refusals[0]).toMatch(/certificate/);
    await eventually('the hub notices', () => troubles.some((told) => told.startsWith('TLS: ')));
    expect(topics).toEqual([]);
  });

  it('lets no plain connection through, and says so', async () => {
    const { hub, troubles } = await startHub();
    const client = await RawClient.open(hub.port);
    open.push(client);
    client.socket.write(connectPacket(station, [station, password]));
    await client.closed();
    await eventually('the hub notices', () => troubles.some((told) => told.startsWith('TLS: ')));
  });

  it('guards its memory as it does without TLS', async () => {
    const { hub, troubles } = await startHub();
    const clientId = 'x'.repeat(strangerPacketBytesMax);
    const bus = stationBus(hub.port, authority.ca, { clientId });
    open.push(bus);
    await bus.start({});
    await eventually('the hub cuts it', () =>
      troubles.some((told) => told.startsWith('unknown client: announced a packet of')),
    );
  });
});

it('tells a station over TLS from connections that say nothing', async () => {
  const hub = embedded(0);
  await hub.start({});
  const bus = stationBus(hub.port, authority.ca);
  const connections: boolean[] = [];
  await bus.start({ onConnection: (connected) => connections.push(connected) });
  await eventually('the station is in', () => connections.length > 0);
  const silent: RawClient[] = [];
  while (silent.length <= silentConnectionsMax) silent.push(await RawClient.open(hub.port));
  // The oldest goes first: were the station still counted as silent, it would be the one.
  await silent[0]?.closed();
  expect(connections).toEqual([true]);
  for (const client of silent) await client.stop();
  await bus.stop();
  await hub.stop();
});

describe('the files of the certificate', () => {
  it('are read from the data folder, or wherever they are', () => {
    const { folder, certFile, tls } = authority;
    expect(readTlsFiles(folder, 'mqtt', { certFile: 'hub.pem', keyFile: 'hub.key' })).toEqual(tls);
    expect(readTlsFiles('/nowhere', 'mqtt', { certFile, keyFile: authority.keyFile })).toEqual(tls);
  });

  const faultsOf = (certFile: string, keyFile: string): readonly string[] => {
    try {
      readTlsFiles(authority.folder, 'mqtt', { certFile, keyFile });
    } catch (error) {
      if (error instanceof SettingsError) return error.faults;
      throw error;
    }
    return [];
  };

  it('are named when they cannot be read, both at once', () => {
    expect(faultsOf('no.pem', 'no.key')).toEqual([
      `mqtt.tls.certFile: ${join(authority.folder, 'no.pem')} cannot be read (ENOENT)`,
      `mqtt.tls.keyFile: ${join(authority.folder, 'no.key')} cannot be read (ENOENT)`,
    ]);
  });

  it('are named when they are no PEM, or do not go together', () => {
    writeFileSync(join(authority.folder, 'junk.pem'), 'junk');
    expect(faultsOf('junk.pem', 'hub.key')).toEqual([
      expect.stringMatching(/^mqtt\.tls: junk\.pem and hub\.key are no use together \(.+\)$/),
    ]);
    expect(faultsOf('hub.pem', stranger.keyFile)).toEqual([
      expect.stringMatching(/KEY_VALUES_MISMATCH/),
    ]);
  });
});
