import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Fault, type FaultKind, FaultPlan } from '../../scripts/torture/fault-plan.ts';
import { FaultyProxy } from '../../scripts/torture/faulty-proxy.ts';
import { eventually } from '../support/eventually.ts';

/** A packet of MQTT, as far as its length goes: PUBLISH, 126 bytes behind the fixed header. */
const packet = Buffer.concat([Buffer.from([0x30, 126]), Buffer.alloc(126, 'x')]);

/** A plan that has one kind of fault only, short and soon. */
class OnePlan extends FaultPlan {
  readonly #fault: Fault;

  constructor(kind: FaultKind) {
    super('one', 0);
    const times = { afterMs: 50, holdMs: 1_000, latencyMs: 100, jitterMs: 50 };
    this.#fault = { kind, direction: 'up', part: 0.5, ...times };
  }

  override get next(): Fault {
    return this.#fault;
  }

  override waitMs(): number {
    return this.#fault.afterMs;
  }
}

describe('the proxy that lets connections suffer', () => {
  let broker: Server;
  let proxy: FaultyProxy;
  let hits: Fault[];
  /** What came through, and what the broker's side of it heard of the end. */
  let received: Buffer;
  let brokerSide: Socket | undefined;
  let client: Socket;
  let answered: Buffer;

  const begin = async (kind: FaultKind): Promise<void> => {
    const address = broker.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    const plan = new OnePlan(kind);
    const onHit = (fault: Fault): void => void hits.push(fault);
    proxy = await FaultyProxy.start({ target: address.port, plan, onHit });
    client = connect(proxy.port, '127.0.0.1');
    client.on('error', () => undefined); // a reset is what some of these faults are
    client.on('data', (chunk: Buffer) => {
      answered = Buffer.concat([answered, chunk]);
    });
    await eventually('the broker has the connection', () => brokerSide !== undefined);
  };
  const say = (): boolean => client.write(packet);
  /** Goes on speaking, so that whenever the fault begins there is something for it to hit. */
  const sayUntil = (what: string, holds: () => boolean | undefined): Promise<unknown> =>
    eventually(what, () => {
      if (client.writable) say();
      return holds();
    });

  beforeEach(async () => {
    hits = [];
    received = Buffer.alloc(0);
    answered = Buffer.alloc(0);
    brokerSide = undefined;
    broker = createServer((socket) => {
      brokerSide = socket;
      socket.on('error', () => undefined); // the same
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        socket.write(chunk);
      });
    }).listen(0, '127.0.0.1');
    await once(broker, 'listening');
  });
  afterEach(async () => {
    client.destroy();
    await proxy.stop();
    brokerSide?.destroy();
    broker.close();
  });

  it('passes everything on while it is calm, and counts nothing', async () => {
    await begin('cut');
    say();
    await eventually('the echo', () => answered.equals(packet));
    expect(hits).toEqual([]);
  });

  it('cuts', async () => {
    await begin('cut');
    proxy.storm();
    await eventually('both ends are closed', () => client.destroyed && brokerSide?.destroyed);
    expect(hits.map(({ kind }) => kind)).toEqual(['cut']);
  });

  it('keeps one side in the dark', async () => {
    await begin('half-open');
    proxy.storm();
    await eventually('the broker is gone', () => brokerSide?.destroyed);
    expect(client.destroyed).toBe(false);
    say();
    await eventually('the client hears of it at last', () => client.destroyed);
    expect(received.length).toBe(0);
    expect(hits).toHaveLength(1);
  });

  it('swallows the answers, not what is asked', async () => {
    await begin('lost-acknowledgement');
    proxy.storm();
    await sayUntil('it is cut', () => client.destroyed);
    expect(received.length).toBeGreaterThan(answered.length);
    expect(hits).toHaveLength(1);
  });

  it('ends within a packet', async () => {
    await begin('truncated');
    proxy.storm();
    await sayUntil('it is ended', () => client.destroyed && brokerSide?.readableEnded);
    expect(received.length % packet.length).not.toBe(0);
    expect(hits).toHaveLength(1);
  });

  it.each(['frozen', 'delayed'] as const)(
    'delivers %s bytes late, whole and in order',
    async (kind) => {
      await begin(kind);
      proxy.storm();
      let count = 0;
      await eventually('it is counted', () => {
        count += 1;
        client.write(Buffer.alloc(10, count));
        return hits.length > 0;
      });
      proxy.calm();
      await eventually('all of it', () => received.length === 10 * count);
      expect([...received]).toEqual([...received].toSorted((a, b) => a - b));
      expect(client.destroyed).toBe(false);
    },
  );

  it('blocked, ends the connection and lets nobody through, until it is open again', async () => {
    await begin('cut');
    proxy.block();
    await eventually('the connection is gone', () => client.closed);
    brokerSide = undefined;
    const refused = connect(proxy.port, '127.0.0.1');
    refused.on('error', () => undefined); // a reset, as from a broker that is not there
    await eventually('nobody is let through', () => refused.closed);
    expect(brokerSide).toBeUndefined();
    proxy.unblock();
    client = connect(proxy.port, '127.0.0.1');
    await eventually('the broker has the connection', () => brokerSide !== undefined);
  });
});
