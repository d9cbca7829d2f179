import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { post } from '../../device/second-path/post.ts';
import { DoorProxy, doorFaultKinds } from '../../scripts/torture/door-proxy.ts';
import { FalseRelay } from '../support/false-relay.ts';

const requests = 40;
/** Shorter than some silences of the proxy, longer than an answer of this machine. */
const timeoutMs = 1_500;

describe('a bad way to the door', { timeout: 90_000 }, () => {
  const hits: string[] = [];
  const heard: string[] = [];
  let door: FalseRelay;
  let proxy: DoorProxy;
  beforeEach(async () => {
    door = await FalseRelay.start((message) => ({ status: 200, body: message }));
    proxy = await DoorProxy.start({
      ...{ target: door.port, seed: 'a test' },
      onHit: (kind) => hits.push(kind),
      listen: () => (chunk) => heard.push(chunk.toString()),
    });
  });
  afterEach(async () => {
    await proxy.stop();
    await door.stop();
  });

  const send = (number: number): Promise<boolean> => {
    const url = new URL(`http://127.0.0.1:${proxy.port}/`);
    const { signal } = new AbortController();
    return post(url, Buffer.from(`${number}`), { timeoutMs, signal }).then(
      ({ body }) => body.toString() === `${number}`,
      () => false,
    );
  };
  const sendAll = () => Promise.all(Array.from({ length: requests }, (_, number) => send(number)));
  const count = (kind: string): number => hits.filter((hit) => hit === kind).length;

  it('does to requests what it says, and nothing while it is calm', async () => {
    proxy.storm();
    const answered = (await sendAll()).filter((isAnswered) => isAnswered).length;
    for (const kind of doorFaultKinds) expect(count(kind), kind).toBeGreaterThan(0);
    expect(answered).toBe(requests - hits.length);
    expect(answered).toBeGreaterThan(0);
    expect(door.heard).toHaveLength(answered + count('unanswered'));
    expect(heard.length).toBeGreaterThanOrEqual(door.heard.length);
    proxy.calm();
    const before = hits.length;
    expect(await sendAll()).not.toContain(false);
    expect(hits).toHaveLength(before);
  });
});
