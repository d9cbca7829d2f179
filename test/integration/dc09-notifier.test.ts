import { afterEach, describe, expect, it } from 'vitest';
import { readClock } from '../support/dc09-frames.ts';
import type { ReceiverAnswer } from '../support/dc09-receiver.ts';
import {
  brief,
  errorOf,
  key,
  never,
  notice,
  other,
  sequences,
  short,
  startNotifier,
  startReceiver,
  stopAll,
} from '../support/dc09-scene.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';

const answered = { state: 'resolved', by: 'Operator 1', atMs: 2_000, othersOpen: 0 } as const;
const resolved = { ...notice, id: 'no-1-resolved', answered };

afterEach(stopAll);

describe('an alarm for a monitoring station', () => {
  it.each([
    ['sia', notice, { id: 'SIA-DCS', data: '#1234|Nri1/PA07' }],
    ['sia', other, { id: 'SIA-DCS', data: '#1234|Nri1/PA108' }],
    ['sia', { ...notice, isTest: true }, { id: 'SIA-DCS', data: '#1234|Nri1/RP07' }],
    ['sia', { ...notice, station: 'st-00000009' }, { id: 'SIA-DCS', data: '#1234|Nri1/PA00' }],
    ['contact-id', notice, { id: 'ADM-CID', data: '#1234|1120 01 007' }],
    ['contact-id', { ...notice, isTest: true }, { id: 'ADM-CID', data: '#1234|1602 01 007' }],
    ['sia', resolved, { id: 'SIA-DCS', data: '#1234|Nri1/PH07' }],
    ['contact-id', resolved, { id: 'ADM-CID', data: '#1234|3120 01 007' }],
  ] as const)('is an event with code and zone: %s, %o', async (format, told, expected) => {
    const receiver = await startReceiver();
    await startNotifier(receiver.port, { format }).notify(told, never);
    const header = { sequence: '0001', receiver: '0', line: '0', account: '1234' };
    expect(receiver.frames).toMatchObject([{ ...expected, ...header, isEncrypted: false }]);
    expect(receiver.faults).toEqual([]);
  });

  it('has no event for an acknowledgement, nor for a zone where another alarm stands', () => {
    const notifier = startNotifier(1);
    const of = (change: object) =>
      notifier.hasWordsFor({ ...notice, answered: { ...answered, ...change } });
    expect([of({}), of({ state: 'acknowledged' }), of({ othersOpen: 1 })]).toEqual([
      ...[true, false, false],
    ]);
    expect(notifier.hasWordsFor(notice)).toBe(true);
  });

  it('has no end for a station without a zone of its own: that of all such ends for none', () => {
    const notifier = startNotifier(1);
    const stranger = { ...notice, station: 'st-00000009' };
    expect(notifier.hasWordsFor(stranger)).toBe(true);
    expect(notifier.hasWordsFor({ ...stranger, answered })).toBe(false);
  });

  it('carries the receiver number and line prefix that the monitoring station wants', async () => {
    const receiver = await startReceiver();
    const notifier = startNotifier(receiver.port, { receiver: 'A1', line: '77' });
    await notifier.notify(notice, never);
    expect(receiver.frames).toMatchObject([{ receiver: 'A1', line: '77' }]);
  });

  it.each<[ReceiverAnswer, string]>([
    ['silent', 'no answer within 0.4 s'],
    ['cut', 'ECONNRESET'],
    ['wrong-sequence', 'last came: the ACK of sequence 4711, not 1'],
    ['wrong-account', 'last came: the ACK of another account'],
    ['wrong-crc', "last came: the frame's CRC is "],
    ['garbage', 'last came: what came is no frame'],
    ['flood', 'bytes came, and no answer among them'],
    ['nak-without-time', 'a NAK without a time'],
  ])(
    'is sent again, the same and no more than asked for, when the answer is %s',
    async (answer, why) => {
      const receiver = await startReceiver();
      receiver.usual = answer;
      const message = await errorOf(startNotifier(receiver.port, brief).notify(notice, never));
      expect(message).toContain(
        `the receiver 127.0.0.1:${receiver.port} did not take it in attempt 3 of 3`,
      );
      expect(message).toContain(why);
      expect(sequences(receiver)).toEqual(['0001', '0001', '0001']);
      expect(new Set(receiver.frames.map(({ data }) => data)).size).toBe(1);

      receiver.next.push(answer, 'ack');
      receiver.usual = 'silent';
      await startNotifier(receiver.port, short).notify(notice, never);
      expect(sequences(receiver).slice(3)).toEqual(['0001', '0001']);
    },
  );

  it('is given up at once when the receiver does not understand it', async () => {
    const receiver = await startReceiver();
    receiver.usual = 'duh';
    const message = await errorOf(startNotifier(receiver.port).notify(notice, never));
    expect(message).toContain('does not understand this event');
    expect(receiver.frames).toHaveLength(1);
  });

  it('fails in one line where nobody listens', async () => {
    const port = await freePort();
    const message = await errorOf(startNotifier(port).notify(notice, never));
    expect(message).toBe(
      `the receiver 127.0.0.1:${port} did not take it in attempt 3 of 3: connect ECONNREFUSED 127.0.0.1:${port}`,
    );
  });

  it('is given up when the signal says so, waiting for an answer or for the next attempt', async () => {
    const receiver = await startReceiver();
    receiver.usual = 'silent';
    const slow = { ackTimeoutS: 3_600 };
    const waiting = new AbortController();
    const first = errorOf(startNotifier(receiver.port, slow).notify(notice, waiting.signal));
    await eventually('the frame arrives', () => receiver.frames.length === 1);
    waiting.abort();
    expect(await first).toContain('before it was given up: no answer yet');

    receiver.usual = 'cut';
    const pausing = new AbortController();
    const retry = { firstMs: 3_600_000, maxMs: 3_600_000 };
    const second = startNotifier(receiver.port, {}, { retry }).notify(notice, pausing.signal);
    const message = errorOf(second);
    await eventually('the frame arrives', () => receiver.frames.length === 2);
    pausing.abort();
    expect(await message).toContain('before it was given up');
    expect(
      await errorOf(startNotifier(receiver.port).notify(notice, AbortSignal.abort())),
    ).toContain('before it was given up');
    expect(receiver.frames).toHaveLength(2);
  });

  it('is given up when the notifier stops', async () => {
    const receiver = await startReceiver();
    receiver.usual = 'silent';
    const notifier = startNotifier(receiver.port, { ackTimeoutS: 3_600 });
    const message = errorOf(notifier.notify(notice, never));
    await eventually('the frame arrives', () => receiver.frames.length === 1);
    await notifier.stop();
    expect(await message).toContain('before it was given up');
  });
});

describe('the sequence', () => {
  it('counts events, not attempts, and stays with an event that is tried again later', async () => {
    const receiver = await startReceiver();
    const notifier = startNotifier(
      receiver.port,
      { ...short, attemptsMax: 1 },
      { firstSequence: 9_998 },
    );
    receiver.next.push('cut', 'ack', 'ack', 'ack');
    await errorOf(notifier.notify(notice, never));
    await notifier.notify(other, never);
    await notifier.notify(notice, never);
    await notifier.notify({ ...notice, id: 'no-3' }, never);
    expect(sequences(receiver)).toEqual(['9998', '9999', '9998', '0001']);
  });

  it('is another one for other content, even under the same name', async () => {
    const receiver = await startReceiver();
    const notifier = startNotifier(receiver.port);
    await notifier.notify(notice, never);
    await notifier.notify({ ...notice, isTest: true }, never);
    expect(sequences(receiver)).toEqual(['0001', '0002']);
  });
});

describe('two alarms at once', () => {
  it('leave in their order and get the ACKs of their own', async () => {
    const receiver = await startReceiver();
    const notifier = startNotifier(receiver.port, short);
    receiver.next.push('duh', 'ack', 'wrong-sequence');
    const third = { ...notice, id: 'no-3' };
    const told = await Promise.allSettled(
      [notice, other, third].map((each) => notifier.notify(each, never)),
    );
    expect(told.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(receiver.frames.map(({ data }) => data)).toEqual([
      '#1234|Nri1/PA07',
      '#1234|Nri1/PA108',
      '#1234|Nri1/PA07',
      '#1234|Nri1/PA07',
    ]);
    expect(sequences(receiver)).toEqual(['0001', '0002', '0003', '0003']);
  });

  it('do not wait for the answers of each other', async () => {
    const receiver = await startReceiver();
    receiver.next.push('silent');
    const notifier = startNotifier(receiver.port, { ackTimeoutS: 3_600 });
    const first = errorOf(notifier.notify(notice, never));
    await notifier.notify(other, never);
    expect(sequences(receiver)).toEqual(['0001', '0002']);
    await notifier.stop();
    await first;
  });
});

describe("the receiver's clock", () => {
  it.each([
    ['a plain line', undefined, -7_200_000],
    ['a plain line', undefined, 86_400_000],
    ['an encrypted line', key, -240_000],
    ['an encrypted line', key, 240_000],
  ])('is taken from its NAK on %s (key %s), %i ms off', async (_, key, offMs) => {
    const now = (): number => Date.now() + offMs;
    const encryption = key === undefined ? {} : { key: Buffer.from(key, 'hex') };
    const receiver = await startReceiver({ ...encryption, now, checksTime: true });
    const notifier = startNotifier(receiver.port, { key, attemptsMax: 1 });
    await notifier.notify(notice, never);
    expect(receiver.frames.map(({ answer }) => answer)).toEqual(['nak', 'ack']);
    expect(sequences(receiver)).toEqual(['0001', '0001']);
    // And is kept: the next one goes through at once.
    await notifier.notify(other, never);
    expect(receiver.frames.map(({ answer }) => answer)).toEqual(['nak', 'ack', 'ack']);
  });

  // Somebody on the way who has no key, but a NAK to forge and ACKs recorded then, looks the same.
  it.each([
    [-604_800_000, /60480[01] s behind the hub's clock .* one of the clocks is wrong/],
    [7_200_000, /7(200|199) s ahead of the hub's clock .* one of the clocks is wrong/],
  ])('makes no encrypted ACK credible by a NAK, %i ms off', async (offMs, why) => {
    const now = (): number => Date.now() + offMs;
    const receiver = await startReceiver({ key: Buffer.from(key, 'hex'), now, checksTime: true });
    const settings = { ...brief, key, attemptsMax: 1, supervisionS: 3_600 };
    const notifier = startNotifier(receiver.port, settings);
    const told: (string | undefined)[] = [];
    notifier.start((trouble) => told.push(trouble));
    await eventually('the try', () => told.length === 1);
    expect(told[0]).toMatch(why);
    expect(await errorOf(notifier.notify(notice, never))).toMatch(why);
    expect(receiver.frames.map(({ answer }) => answer)).toEqual(['nak', 'ack', 'ack']);
  });

  it('is what the frame says of itself, in UTC and without our own being wrong', async () => {
    const receiver = await startReceiver();
    const now = (): number => Date.UTC(2026, 8, 25, 14, 12, 4, 999);
    await startNotifier(receiver.port, {}, { now }).notify(notice, never);
    expect(receiver.frames[0]?.time).toBe('14:12:04,09-25-2026');
    expect(readClock(receiver.frames[0]?.time ?? '')).toBe(Date.UTC(2026, 8, 25, 14, 12, 4));
  });

  it('is no reason to send for ever', async () => {
    const receiver = await startReceiver();
    receiver.usual = 'nak';
    const message = await errorOf(startNotifier(receiver.port).notify(notice, never));
    expect(message).toContain('refuses this (NAK) with its own time on it; check account and key');
    expect(receiver.frames).toHaveLength(3);
  });
});
