import { describe, expect, it } from 'vitest';
import { ladderSchema, untoldBy } from '../../hub/ladder/ladder-settings.ts';
import { hubSettingsSchema } from '../../hub/settings.ts';

const tls = { certFile: 'hub.pem', keyFile: 'hub.key' };
const faults = (mqtt: object): string[] =>
  (hubSettingsSchema.safeParse({ mqtt }).error?.issues ?? []).map(({ path }) => path.join('.'));

describe("the settings of the hub's own broker", () => {
  it('listen on loopback when they say nothing', () => {
    expect(hubSettingsSchema.parse({}).mqtt).toEqual({ host: '127.0.0.1', port: 1883 });
  });

  it.each(['127.0.0.1', '::1', 'localhost'])('let %s go without TLS, or with it', (host) => {
    expect(faults({ host })).toEqual([]);
    expect(faults({ host, tls })).toEqual([]);
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', 'hub.example', '127.0.0.1.example'])(
    'ask for TLS on %s',
    (host) => {
      expect(faults({ host })).toEqual(['mqtt.tls']);
      expect(faults({ host, tls })).toEqual([]);
    },
  );

  it('list all their faults at once', () => {
    expect(faults({ host: '0.0.0.0', port: 99_999, more: 1 }).sort()).toEqual([
      'mqtt',
      'mqtt.port',
      'mqtt.tls',
    ]);
    expect(faults({ host: '0.0.0.0', port: 'x' })).toEqual(['mqtt.port', 'mqtt.tls']);
    expect(faults({ tls: { certFile: '' } })).toEqual(['mqtt.tls.certFile', 'mqtt.tls.keyFile']);
  });
});

describe('the ladder', () => {
  const notifiers = ['ops', 'chief'].map((name) => ({
    ...{ kind: 'webhook', name, url: 'https://ops.example/', secret: 'x'.repeat(16) },
  }));
  const faultsOf = (...notify: string[]): string[] => {
    const ladder = { steps: [{ afterS: 0, notify }] };
    return (hubSettingsSchema.safeParse({ notifiers, ladder }).error?.issues ?? []).map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
  };

  it('tells nobody twice on one step', () => {
    expect(faultsOf('ops', 'chief')).toEqual([]);
    expect(faultsOf('ops', 'chief', 'ops', 'ops')).toEqual([
      'ladder.steps.0.notify: names ops twice: once is enough',
    ]);
  });

  it('says whom no step tells', () => {
    const ladder = ladderSchema.parse({ steps: [{ afterS: 0, notify: ['ops'] }] });
    expect(untoldBy(ladder, ['ops', 'chief'])).toEqual(['no step of the ladder tells chief']);
    expect(untoldBy(ladderSchema.parse({}), ['ops'])).toEqual(['no step of the ladder tells ops']);
  });
});
