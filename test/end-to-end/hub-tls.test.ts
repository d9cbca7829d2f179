import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MqttBus } from '../../shared/bus/mqtt-bus.ts';
import { createLog } from '../../shared/log.ts';
import { writeSettings } from '../../shared/settings/settings-file.ts';
import { hubPresenceTopic } from '../../shared/wire/topics.ts';
import { TestAuthority } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { Scheme } from '../support/scheme.ts';

const stationSchema = z.looseObject({
  station: z.string(),
  hub: z.looseObject({ password: z.string() }),
});

describe('a hub for stations on other machines', { timeout: 120_000 }, () => {
  let scheme: Scheme;
  let authority: TestAuthority;
  const open: { stop(): Promise<unknown> }[] = [];
  beforeEach(async () => {
    scheme = await Scheme.create('04A1B2C3', ['--virtual']);
    authority = new TestAuthority();
  });
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.stop();
    authority.remove();
    scheme.remove();
  });

  const writeHub = (tls: object): void =>
    writeSettings(join(scheme.folder, 'hub.json'), { mqtt: { host: '0.0.0.0', tls } });

  it('lets a station in over TLS', async () => {
    const { certFile, keyFile, ca } = authority;
    writeHub({ certFile, keyFile });
    const hub = await scheme.startHub();
    open.push(hub);
    const { station, hub: account } = stationSchema.parse(
      JSON.parse(readFileSync(scheme.stationFile, 'utf8')),
    );
    const bus = new MqttBus({
      url: `mqtts://127.0.0.1:${scheme.mqttPort}`,
      ca,
      clientId: station,
      username: station,
      password: account.password,
      log: createLog('test', 'silent'),
    });
    const heard: string[] = [];
    bus.subscribe([hubPresenceTopic], async ({ payload }) => {
      heard.push(Buffer.from(payload).toString());
    });
    open.push(bus);
    await bus.start({});
    await eventually('the presence of the hub', () => heard[0]?.includes('"online":true'));
    await bus.stop();
    expect(await hub.stop()).toBe(0);
  });

  it('stops with exit code 2 and the names of the files that it cannot read', () => {
    writeHub({ certFile: 'no.pem', keyFile: 'no.key' });
    const { status, stderr } = scheme.askHub('start');
    expect(status).toBe(2);
    for (const name of ['no.pem', 'no.key']) expect(stderr).toContain(join(scheme.folder, name));
  });
});
