import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pauseMs } from '../../device/domain/gesture.ts';
import { post } from '../../device/second-path/post.ts';
import { brokerPatienceMs } from '../../device/second-path/second-path.ts';
import { EmbeddedBus } from '../../hub/bus/embedded-bus.ts';
import { legSchema } from '../../hub/ingest/alarm-legs.ts';
import { createLog } from '../../shared/log.ts';
import { stationFilters, stationTopic } from '../../shared/wire/topics.ts';
import { TestAuthority } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { FalseRelay } from '../support/false-relay.ts';
import { Street } from '../support/street.ts';
import { TcpCutter } from '../support/tcp-cutter.ts';

const holdMs = 600;

describe('an alarm whose broker is gone', { timeout: 60_000 }, () => {
  let street: Street;
  beforeEach(async () => {
    street = await Street.start(1);
  });
  afterEach(() => street.stop());

  const legs = async () => {
    const [alarm] = await street.alarms();
    const paths = alarm?.history.filter(({ event }) => event === 'path') ?? [];
    return paths.map(({ detail }) => legSchema.parse(JSON.parse(detail ?? '')));
  };

  it('reaches the hub over HTTPS, and the light says stored', async () => {
    const cutter = await TcpCutter.start(street.brokerPort);
    const { page } = await street.station(0, { brokerPort: cutter.port, https: true });
    await page.light('all-well');
    await cutter.stop();
    await page.light('hub-away');
    await page.press(holdMs);
    await page.light('alarm-stored');
    const [leg, ...more] = await eventually('the leg', async () => {
      const found = await legs();
      return found.length > 0 && found;
    });
    expect(more).toEqual([]);
    expect(leg).toMatchObject({ path: 'https' });
    expect(leg?.pressedToSentMs).toBeGreaterThanOrEqual(0);
    expect((await street.alarms())[0]).toMatchObject({ state: 'raised', stationName: 'Station 1' });
  });

  it('reaches the hub over HTTPS when a broker takes it and no receipt comes', async () => {
    const taken: string[] = [];
    const deaf = new EmbeddedBus({
      ...{ host: '127.0.0.1', port: 0, log: createLog('test', 'silent') },
      authenticate: async (id) => ({ kind: 'station', id }),
    });
    deaf.subscribe(stationFilters, async ({ topic }) => void taken.push(topic));
    street.closeLater(deaf);
    await deaf.start({});
    const { page, running } = await street.station(0, { brokerPort: deaf.port, https: true });
    await eventually('the connection', () => running.brain.state.connected);
    await page.press(holdMs);
    await page.light('alarm-stored');
    expect(taken).toContain(stationTopic(street.account(0).station, 'alarm'));
  });

  it('keeps the order of its lane, entry by entry', async () => {
    const { page, running } = await street.station(0, { https: true });
    for (let calls = 1; calls <= 3; calls += 1) {
      await page.press(holdMs);
      await eventually('a receipt', () => running.brain.state.lanes.alarm.committed === calls);
      await eventually('the hand is off', () => !running.brain.state.button.isDown);
      await delay(pauseMs + 500);
    }
    // The second so soon after the first says that the first was a mistake, in an entry of the same lane.
    const alarms = await street.alarms();
    expect(alarms).toHaveLength(2);
    expect(alarms[0]?.history.map(({ event }) => event)).toContain('mistake');
  });

  it('believes no server whose certificate is not of its authority', async () => {
    const other = new TestAuthority();
    const failed = post(
      new URL('/v1/station/st-00000001/alarm', street.doorUrl),
      Buffer.from('{}'),
      {
        ...{ ca: other.ca, timeoutMs: 5_000, signal: new AbortController().signal },
      },
    );
    await expect(failed).rejects.toMatchObject({ code: expect.stringMatching(/CERT|SIGNATURE/) });
    other.remove();
  });

  it('goes over the broker alone while that answers', async () => {
    const other = await FalseRelay.start(() => ({ status: 503, body: '' }));
    street.closeLater(other);
    const https = `http://127.0.0.1:${other.port}`;
    const { page, running } = await street.station(0, { brokerPort: street.brokerPort, https });
    await page.light('all-well');
    await page.press(holdMs);
    await page.light('alarm-stored');
    await eventually('the leg', async () => (await legs()).length > 0);
    expect(await legs()).toMatchObject([{ path: 'broker' }]);
    await delay(brokerPatienceMs + 500);
    expect(running.brain.state.lanes.alarm.committed).toBe(1);
    expect(other.heard).toEqual([]);
  });
});
