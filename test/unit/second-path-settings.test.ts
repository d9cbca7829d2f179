import { describe, expect, it } from 'vitest';
import { stationSettingsSchema } from '../../device/settings/station-settings.ts';
import { hubSettingsSchema } from '../../hub/settings.ts';

const key = Buffer.alloc(32, 7).toString('base64url');
const station = {
  ...{ station: 'st-00000001', macKey: key, schemeKey: key, dataDir: 'data' },
  hub: { url: 'mqtt://127.0.0.1:1883', password: key },
  ...{ reader: { kind: 'virtual' }, panel: { kind: 'virtual' } },
};
const stationFaults = (more: object): string[] =>
  (stationSettingsSchema.safeParse({ ...station, ...more }).error?.issues ?? []).map(({ path }) =>
    path.join('.'),
  );
const hubFaults = (stationHttp: object): string[] =>
  (hubSettingsSchema.safeParse({ stationHttp }).error?.issues ?? []).map(({ path }) =>
    path.join('.'),
  );

describe('the settings of the second path', () => {
  it('ask for nothing by themselves', () => {
    const read = stationSettingsSchema.parse(station);
    expect(read.secondPath).toBeUndefined();
    expect(read.relay.enabled).toBe(false);
    expect(hubSettingsSchema.parse({}).stationHttp).toBeUndefined();
  });

  it.each([
    'https://hub.example:8443',
    'https://192.168.1.5',
    'http://127.0.0.1:8443',
    'http://[::1]:1',
  ])('take %s', (url) => expect(stationFaults({ secondPath: { url } })).toEqual([]));

  it.each([
    'http://hub.example',
    'http://127.0.0.1.example',
    'ftp://hub',
    'https://',
    'hub:8443',
    'https://:1',
    'https://hub/path',
  ])('refuse %s', (url) =>
    expect(stationFaults({ secondPath: { url } })).toEqual(['secondPath.url']),
  );

  it('ask for TLS on every address of the hub but loopback', () => {
    const tls = { certFile: 'hub.pem', keyFile: 'hub.key' };
    expect(hubFaults({})).toEqual([]);
    expect(hubFaults({ host: '0.0.0.0' })).toEqual(['stationHttp.tls']);
    expect(hubFaults({ host: '0.0.0.0', tls })).toEqual([]);
  });
});
