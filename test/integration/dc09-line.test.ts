import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Dc09Notifier } from '../../hub/notify/dc09/dc09-notifier.ts';
import type { ReceiverAnswer } from '../support/dc09-receiver.ts';
import {
  brief,
  errorOf,
  keep,
  key,
  never,
  notice,
  other,
  quick,
  sequences,
  short,
  startNotifier,
  startReceiver,
  stopAll,
} from '../support/dc09-scene.ts';
import { DeafListener } from '../support/deaf-listener.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';

afterEach(stopAll);

describe('a receiver that lets nobody connect', () => {
  const patience = { ackTimeoutS: 3_600, supervisionS: 3_600 };

  it('keeps an alarm no longer than its signal says, even behind another one', async () => {
    const deaf = keep(await DeafListener.start());
    const notifier = startNotifier(deaf.port, patience);
    const first = errorOf(notifier.notify(notice, never));
    const hurried = new AbortController();
    const second = errorOf(notifier.notify(other, hurried.signal));
    await delay(200);
    hurried.abort();
    expect(await second).toContain('it was given up: earlier events were still being sent');
    await notifier.stop();
    expect(await first).toContain('it was given up: no answer yet');
  });

  it('keeps no alarm behind the supervision', async () => {
    const deaf = keep(await DeafListener.start());
    const notifier = startNotifier(deaf.port, patience);
    notifier.start(() => {});
    await delay(200);
    const alarm = errorOf(notifier.notify(notice, never));
    await delay(200);
    await notifier.stop();
    expect(await alarm).toContain('it was given up: no answer yet');
  });
});

describe.each<'tcp' | 'udp'>(['tcp', 'udp'])('over %s', (transport) => {
  it('an alarm is acknowledged, or sent again', async () => {
    const receiver = await startReceiver({ transport });
    receiver.next.push('silent', 'wrong-crc', 'ack');
    await startNotifier(receiver.port, { ...short, transport }).notify(notice, never);
    expect(sequences(receiver)).toEqual(['0001', '0001', '0001']);
  });

  it('an encrypted alarm is acknowledged', async () => {
    const receiver = await startReceiver({ transport, key: Buffer.from(key, 'hex') });
    await startNotifier(receiver.port, { transport, key }).notify(notice, never);
    expect(receiver.frames).toMatchObject([{ isEncrypted: true, data: '#1234|Nri1/PA07' }]);
  });

  it('a port where nobody listens is a failure', async () => {
    const port = await freePort();
    const notifier = startNotifier(port, { transport, attemptsMax: 1 });
    expect(await errorOf(notifier.notify(notice, never))).toContain('in attempt 1 of 1: ');
  });
});

describe('an encrypted line', () => {
  it.each([16, 24, 32])(
    'works with a key of %i bytes, and no two frames are alike',
    async (bytes) => {
      const longer = key.repeat(2).slice(0, bytes * 2);
      const receiver = await startReceiver({ key: Buffer.from(longer, 'hex') });
      receiver.next.push('cut');
      await startNotifier(receiver.port, { key: longer }).notify(notice, never);
      expect(receiver.faults).toEqual([]);
      const [first, second] = receiver.frames;
      expect(first).toMatchObject({ isEncrypted: true, data: '#1234|Nri1/PA07' });
      expect(first?.padding).toMatch(/^[^[\]|]{1,16}$/);
      expect(first?.padding).not.toBe(second?.padding);
    },
  );

  it('says so when the receiver has another key', async () => {
    const receiver = await startReceiver({ key: Buffer.alloc(16, 1) });
    await errorOf(startNotifier(receiver.port, { ...brief, key }).notify(notice, never));
    expect(receiver.faults).toEqual(['wrong key', 'wrong key', 'wrong key']);
  });

  it.each<[ReceiverAnswer, RegExp]>([
    ['plain-ack', /an ACK that is not encrypted/],
    ['own-frame', /an ACK of 48 encrypted bytes, not 32/],
    ['later-ack', /an ACK of 48 encrypted bytes, not 32/],
    ['old-ack', /an ACK whose time is 360[01] s behind the hub's clock/],
  ])('believes no ACK that anybody could have sent: %s', async (answer, why) => {
    const receiver = await startReceiver({ key: Buffer.from(key, 'hex') });
    receiver.usual = answer;
    expect(
      await errorOf(startNotifier(receiver.port, { ...brief, key }).notify(notice, never)),
    ).toMatch(why);
  });
});

describe('the supervision of a line', () => {
  const interval = { supervisionS: 1, attemptsMax: 2 };
  const fast = { timers: quick };

  function supervise(notifier: Dc09Notifier): (string | undefined)[] {
    const told: (string | undefined)[] = [];
    notifier.start((trouble) => told.push(trouble));
    return told;
  }

  it('is a NULL with 0000 now and then, which uses up no sequence of an event', async () => {
    const receiver = await startReceiver();
    const notifier = startNotifier(receiver.port, interval, fast);
    const told = supervise(notifier);
    await eventually('three NULLs', () => receiver.frames.length >= 3);
    await notifier.notify(notice, never);
    const events = receiver.frames.filter(({ id }) => id !== 'NULL');
    expect(events.map(({ sequence }) => sequence)).toEqual(['0001']);
    const nulls = receiver.frames.filter(({ id }) => id === 'NULL');
    expect(nulls[0]).toMatchObject({ sequence: '0000', account: '1234', data: '' });
    expect(new Set(told)).toEqual(new Set([undefined]));
  });

  it('is encrypted where the line is', async () => {
    const receiver = await startReceiver({ key: Buffer.from(key, 'hex') });
    supervise(startNotifier(receiver.port, { ...interval, key }, fast));
    await eventually('two NULLs', () => receiver.frames.length >= 2);
    const [first, second] = receiver.frames;
    expect(first).toMatchObject({ id: 'NULL', isEncrypted: true, data: '' });
    expect(first?.padding).not.toBe(second?.padding);
    expect(receiver.faults).toEqual([]);
  });

  it('takes no NULL of its own that comes back for an ACK', async () => {
    const receiver = await startReceiver({ key: Buffer.from(key, 'hex') });
    receiver.usual = 'own-frame';
    const told = supervise(startNotifier(receiver.port, { ...interval, ...brief, key }, fast));
    await eventually('a try', () => told.length > 0);
    expect(told[0]).toContain("the hub's own NULL, come back as an ACK");
  });

  it('tells that the line is lost as long as it is, with the reason of now, and that it is back', async () => {
    const port = await freePort();
    const told = supervise(startNotifier(port, { ...interval, ...brief }, fast));
    await eventually('the trouble', () => told.length > 0);
    const silent = await startReceiver({ port });
    silent.usual = 'silent';
    await eventually('another reason', () => told.at(-1)?.includes('no answer') ?? false);
    expect(told[0]).toContain('ECONNREFUSED');
    expect(told).not.toContain(undefined);
    silent.usual = 'ack';
    await eventually('the end of it', () => told.includes(undefined));
    silent.usual = 'duh';
    await eventually('a trouble anew', () => told.at(-1) !== undefined);
    expect(told.at(-1)).toContain('does not understand');
  });

  it('tells of a good line from the first try on, whatever was thought of it before', async () => {
    const receiver = await startReceiver();
    const settings = { ...interval, ...brief, attemptsMax: 1 };
    const notifier = startNotifier(receiver.port, settings, fast);
    const told = supervise(notifier);
    await eventually('the first try', () => told.length === 1);
    expect(told).toEqual([undefined]);
    // A notice that fails between two tries: whoever counts it as trouble hears that the line is well.
    receiver.usual = 'silent';
    await errorOf(notifier.notify(notice, never));
    receiver.usual = 'ack';
    const before = told.length;
    await eventually('the line again', () => told.slice(before).includes(undefined));
  });

  it('ends no trouble of an event that was not understood; the next one that is does', async () => {
    const receiver = await startReceiver();
    const notifier = startNotifier(receiver.port, interval, fast);
    receiver.usual = 'duh';
    await errorOf(notifier.notify(notice, never));
    receiver.usual = 'ack';
    const told = supervise(notifier);
    await eventually('tries', () => receiver.frames.length >= 4);
    expect(told).toEqual([]);
    await notifier.notify(other, never);
    expect(told[0]).toBeUndefined();
    expect(told).not.toEqual([]);
  });

  it('ends a loss of the line after an event that was not understood, as any other loss', async () => {
    const receiver = await startReceiver();
    const settings = { ...interval, ...brief, attemptsMax: 1 };
    const notifier = startNotifier(receiver.port, settings, fast);
    receiver.usual = 'duh';
    await errorOf(notifier.notify(notice, never));
    receiver.usual = 'silent';
    const told = supervise(notifier);
    await eventually('the loss', () => told.length > 0);
    expect(told[0]).toContain('no answer');
    receiver.usual = 'ack';
    await eventually('its end', () => told.includes(undefined));
  });

  it('ends the trouble of an event that failed with the line, told after one not understood', async () => {
    const receiver = await startReceiver();
    const settings = { ...interval, ...brief, attemptsMax: 1 };
    const notifier = startNotifier(receiver.port, settings, fast);
    receiver.next.push('duh', 'silent');
    await errorOf(notifier.notify(notice, never));
    expect(await errorOf(notifier.notify(other, never))).toContain('no answer');
    const told = supervise(notifier);
    await eventually('its end', () => told.includes(undefined));
    expect(new Set(told)).toEqual(new Set([undefined]));
  });

  it('counts no event that was called off as the trouble that stands', async () => {
    const receiver = await startReceiver();
    const notifier = startNotifier(receiver.port, { ...interval, ackTimeoutS: 3_600 }, fast);
    receiver.next.push('duh', 'silent');
    await errorOf(notifier.notify(notice, never));
    const answered = new AbortController();
    const calledOff = errorOf(notifier.notify(other, answered.signal));
    await eventually('both', () => receiver.frames.length === 2);
    answered.abort();
    await calledOff;
    const told = supervise(notifier);
    await eventually('tries', () => receiver.frames.length >= 5);
    expect(told).toEqual([]);
  });

  it('lets no alarm wait behind a NULL that is not answered', async () => {
    const receiver = await startReceiver();
    receiver.next.push('silent');
    const notifier = startNotifier(receiver.port, { supervisionS: 3_600, ackTimeoutS: 3_600 });
    const told = supervise(notifier);
    await eventually('the NULL', () => receiver.frames.length === 1);
    await notifier.notify(notice, never);
    expect(receiver.frames.map(({ id }) => id)).toEqual(['NULL', 'SIA-DCS']);
    expect(told).toEqual([undefined]);
  });

  it('ends a trouble with an alarm that got through', async () => {
    const receiver = await startReceiver();
    receiver.usual = 'silent';
    const notifier = startNotifier(receiver.port, {
      ...brief,
      attemptsMax: 1,
      supervisionS: 3_600,
    });
    const told = supervise(notifier);
    await eventually('the trouble', () => told.length === 1);
    receiver.usual = 'ack';
    await notifier.notify(notice, never);
    expect(told).toEqual([expect.stringContaining('no answer'), undefined]);
  });

  it('does nothing when it is not wanted, and ends with stop', async () => {
    const receiver = await startReceiver();
    const unsupervised = startNotifier(receiver.port, { supervisionS: 0 });
    const toldNothing = supervise(unsupervised);
    await unsupervised.notify(notice, never);
    expect(receiver.frames.map(({ id }) => id)).toEqual(['SIA-DCS']);

    receiver.usual = 'silent';
    const notifier = startNotifier(receiver.port, { ...interval, ackTimeoutS: 3_600 }, fast);
    const told = supervise(notifier);
    await eventually('the NULL', () => receiver.frames.length === 2);
    await notifier.stop();
    expect([...told, ...toldNothing]).toEqual([]);
  });
});
