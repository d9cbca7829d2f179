import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualNeighbours, VirtualStreet } from '../../device/relay/virtual-neighbours.ts';
import { post } from '../../device/second-path/post.ts';
import { trialAttemptsMax } from '../../device/second-path/trial.ts';
import { askForTest, listTests, type TestedPath } from '../../hub/app/station-tests.ts';
import { listTroubles } from '../../hub/app/troubles.ts';
import { eventually } from '../support/eventually.ts';
import { FalseRelay, type Told } from '../support/false-relay.ts';
import { type Reach, Street, type StreetStation } from '../support/street.ts';

const holdMs = 600;
const loopback = { host: '127.0.0.1' };
const refusing = (): Told => ({ status: 503, body: '{"error":"not stored"}' });

describe('a test of a station that has a second path', { timeout: 90_000 }, () => {
  let street: Street;
  let network: VirtualStreet;
  beforeEach(async () => {
    street = await Street.start(2);
    network = new VirtualStreet();
  });
  afterEach(() => street.stop());

  /** A station that reaches the broker, and the hub as far as its settings say that it does. */
  const start = async (number: number, reach: Reach): Promise<StreetStation> => {
    const station = await street.station(number, { brokerPort: street.brokerPort, ...reach });
    await station.page.light('all-well');
    return station;
  };
  const atDoor = async (answer: (message: Buffer) => Promise<Told> | Told) => {
    const door = await FalseRelay.start(answer);
    street.closeLater(door);
    return { door, https: `http://127.0.0.1:${door.port}` };
  };
  const ask = async (): Promise<void> => {
    const { station } = street.account(0);
    await eventually('the station is there', async () => {
      const { store } = street;
      const there = store.db.selectFrom('station_presence').select('state');
      const row = await there.where('station', '=', station).executeTakeFirst();
      return row?.state === 'online';
    });
    await askForTest(street.store, { station, by: 'Operator 1' });
  };
  /** What came of the test, once the station has said so of each path. */
  const outcome = (): Promise<readonly TestedPath[]> =>
    eventually('what came of it', async () => {
      const [test] = await listTests(street.store, { max: 1 });
      const paths = test?.paths ?? [];
      const isTold = paths.every(({ answered }) => answered !== null);
      return test !== undefined && test.storedAt !== null && isTold && paths;
    });
  const troubles = async () =>
    (await listTroubles(street.store, { all: true }))
      .filter(({ kind }) => kind === 'second-path')
      .map(({ part, detail, endedAt }) => ({ part, detail, open: endedAt === null }));

  it('tries it too, and says how long each path took', async () => {
    const neighbours = (): Reach => ({
      ...{ neighbours: new VirtualNeighbours(network), relay: loopback },
    });
    await start(1, neighbours());
    const { page } = await start(0, { https: true, ...neighbours() });
    await ask();
    await page.light('test-stored');
    const [https, relay, ...more] = await outcome();
    expect(more).toEqual([]);
    expect(https).toMatchObject({ path: 'https', answered: true });
    expect(relay).toMatchObject({ path: 'relay', detail: street.account(1).station });
    expect(https?.tookMs).toBeGreaterThanOrEqual(0);
    expect(relay?.tookMs).toBeGreaterThanOrEqual(0);
    expect(await troubles()).toEqual([]);
    expect(await street.alarms()).toEqual([]);
  });

  it('is trouble while the door does not answer, and alarms nobody', async () => {
    const { door, https } = await atDoor(refusing);
    const station = await start(0, { https });
    await ask();
    await station.page.light('test-stored');
    expect(await outcome()).toMatchObject([{ path: 'https', answered: false, tookMs: null }]);
    expect(door.heard).toHaveLength(trialAttemptsMax);
    expect(await troubles()).toEqual([{ part: 'https', detail: 'answered 503', open: true }]);
    expect(await street.alarms()).toEqual([]);
    // Mended in the settings, which takes a restart: the next test ends it.
    await station.running.stop();
    await start(0, { https: true });
    await ask();
    await eventually('its end', async () => (await troubles())[0]?.open === false);
    expect(await troubles()).toHaveLength(1);
  });

  it('has no answer in what the hub has not said of it', async () => {
    const receipts: Buffer[] = [];
    const { https } = await atDoor(async (message) => {
      const [earlier] = receipts;
      if (earlier !== undefined) {
        receipts.push(earlier);
        return { status: 200, body: receipts.length === 2 ? earlier : message };
      }
      const url = new URL(`/v1/station/${street.account(0).station}/alarm`, street.doorUrl);
      const { signal } = new AbortController();
      const options = { ca: street.authority.ca, timeoutMs: 5_000, signal };
      const { status, body } = await post(url, message, options);
      receipts.push(body);
      return { status, body };
    });
    await start(0, { https });
    await ask();
    expect(await outcome(), 'the hub said so').toMatchObject([{ answered: true }]);
    await ask();
    expect(await outcome(), "its word of the test before, and the station's own").toMatchObject([
      { answered: false, detail: 'answered, but not for the hub' },
    ]);
    expect(receipts).toHaveLength(1 + trialAttemptsMax);
  });

  it('is called off by an alarm, which waits for nothing, and done after it', async () => {
    let hung = 0;
    const { door, https } = await atDoor(() => {
      hung += 1;
      return hung === 1 ? new Promise<Told>(() => {}) : refusing();
    });
    const { page } = await start(0, { https });
    await ask();
    await eventually('the trial', () => door.heard.length === 1);
    await page.press(holdMs);
    await page.light('alarm-stored');
    expect(door.givenUp).toBe(1);
    const [alarm] = await street.alarms();
    expect(alarm?.history.map(({ event }) => event)).toContain('stored');
    expect(await outcome()).toMatchObject([{ path: 'https', answered: false }]);
    expect(door.heard).toHaveLength(1 + trialAttemptsMax);
  });

  it('by neighbours only says that there are none', async () => {
    await start(0, { neighbours: new VirtualNeighbours(network), relay: loopback });
    await ask();
    expect(await outcome()).toMatchObject([
      { path: 'relay', answered: false, detail: 'no neighbour was found' },
    ]);
  });
});
