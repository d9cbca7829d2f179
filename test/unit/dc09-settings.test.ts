import { describe, expect, it } from 'vitest';
import { dc09Schema } from '../../hub/notify/dc09/dc09-settings.ts';
import { zoneWarnings } from '../../hub/notify/dc09/zone-warnings.ts';

const least = { kind: 'dc09', name: 'Monitoring', host: '192.0.2.7', port: 4000, account: '1234' };
const faults = (settings: object): string[] =>
  (dc09Schema.safeParse({ ...least, ...settings }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

describe('the settings of a monitoring station', () => {
  it('need a name, an address and an account', () => {
    expect(dc09Schema.parse(least)).toEqual({
      ...least,
      transport: 'tcp',
      receiver: '0',
      line: '0',
      format: 'sia',
      ackTimeoutS: 5,
      attemptsMax: 3,
      zones: {},
      zoneDefault: 0,
    });
  });

  it('take hexadecimal digits in either case', () => {
    expect(dc09Schema.parse({ ...least, account: 'ab12', line: 'f' })).toMatchObject({
      account: 'AB12',
      line: 'F',
    });
  });

  it.each([16, 24, 32])('take a key of %i bytes', (bytes) => {
    expect(faults({ key: 'aB'.repeat(bytes) })).toEqual([]);
  });

  it.each([
    [
      { key: 'secret-key-in-plain-words' },
      'key: expected 32, 48 or 64 hexadecimal digits (AES-128, -192, -256)',
    ],
    [{ account: '12' }, 'account: the account: 3 to 16 hexadecimal digits'],
    [{ receiver: 'R0' }, 'receiver: the receiver number: 1 to 6 hexadecimal digits'],
    [{ host: 'tcp://192.0.2.7' }, 'host: expected a host name or an IP address'],
    [
      { ackTimeoutS: 60, attemptsMax: 10 },
      'attemptsMax: with ackTimeoutS one notice might take 775 s: 240 at most',
    ],
    [
      { supervisionS: 29 },
      'supervisionS: one try may take 28 s with ackTimeoutS and attemptsMax: 0, or 30 to 3600',
    ],
    [{ supervisionS: 3_601 }, 'supervisionS: Too big: expected number to be <=3600'],
    [
      { zones: { 'st-00000001': 7, 'st-00000002': 8, 'st-00000003': 7 } },
      "zones.st-00000003: is st-00000001's zone 7 too: help would be sent to one of the two",
    ],
    [
      { zones: { 'st-00000001': 7 }, zoneDefault: 7 },
      'zoneDefault: is the zone of a station: help would be sent there for every station that is not listed',
    ],
  ])('%o: %s', (settings, fault) => {
    expect(faults(settings)).toEqual([fault]);
  });

  it('are held against the stations that there are', () => {
    const settings = dc09Schema.parse({ ...least, zones: { 'st-00000001': 1, 'st-00000009': 9 } });
    expect(zoneWarnings([settings], ['st-00000001'])).toEqual([
      'zones of Monitoring name stations that are not in service: st-00000009',
    ]);
    const many = Array.from({ length: 8 }, (_, index) => `st-0000000${index + 2}`);
    expect(zoneWarnings([settings], ['st-00000001', ...many])).toEqual([
      'zones of Monitoring lack st-00000002, st-00000003, st-00000004, st-00000005, st-00000006 and 2 more: told as zone 0, and not restored there',
    ]);
    expect(zoneWarnings([settings], ['st-00000001', 'st-00000009'])).toEqual([]);
  });

  it('take the 20 s of the highest class, with less patience for one answer', () => {
    expect(faults({ supervisionS: 20, ackTimeoutS: 3, attemptsMax: 2 })).toEqual([]);
    expect(faults({ supervisionS: 0 })).toEqual([]);
  });

  it('list all their faults at once, and never the key', () => {
    const found = faults({ key: 'hunter2', port: 0, zones: { 'Station 1': 1 }, more: 1 });
    expect(found.map((fault) => fault.split(':')[0]).sort()).toEqual([
      '',
      'key',
      'port',
      'zones.Station 1',
    ]);
    expect(found.join()).not.toContain('hunter2');
  });
});
