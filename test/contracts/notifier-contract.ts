/** What every notifier promises, whomever it talks to. */
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Notice, type Notifier, NotifyError } from '../../hub/notify/notifier.ts';
import { eventually } from '../support/eventually.ts';

/** How the other side behaves. A refusal repeats every secret that it was given. */
export type FarSide = 'takes' | 'breaks' | 'refuses' | 'hangs' | 'garbage' | 'gone';

/** A notice as the other side has it. */
export interface Delivery {
  /** What tells a repetition. */
  readonly id: string;
  /** All that a person or a program reads there. */
  readonly text: string;
}

export interface NotifierHarness {
  /** Its attempts are given half a second. */
  readonly notifier: Notifier;
  /** The same with a minute for each: longer than any test, so that only its signal ends it. */
  readonly patient: Notifier;
  /** Whatever must never be told. */
  readonly secrets: readonly string[];
  farSide(how: FarSide): Promise<void>;
  /** What came there; only as long as it takes notices. */
  taken(): readonly Delivery[];
  /** How many connections the other side has open. */
  connections(): number;
  close(): Promise<void>;
}

/** What the notifier says of each way to fail. */
export interface Expected {
  readonly breaks: RegExp;
  readonly refuses: RegExp;
  readonly garbage: RegExp;
}

export const exampleNotice: Notice = {
  id: 'alarm-7.step-2',
  alarmId: 7,
  station: 'st-00000001',
  stationName: 'Station 1',
  raisedMs: Date.UTC(2030, 0, 2, 3, 4, 5),
  storedMs: Date.UTC(2030, 0, 2, 3, 4, 6),
  isMistake: false,
  isTest: false,
  step: 2,
};
export const acknowledgedNotice: Notice = {
  ...exampleNotice,
  id: 'alarm-7.acknowledged',
  answered: {
    state: 'acknowledged',
    by: 'Operator 1',
    atMs: Date.UTC(2030, 0, 2, 3, 5, 7),
    othersOpen: 0,
  },
};
const testWords = '测试,非真实警情';

/** What every notifier says alike. */
const always = {
  gone: /refused|ECONNREFUSED/,
  hangs: /^no answer within 0.5 s \(3 attempts\)$/,
};

/** The error that a notice ends in. @throws when it ends well */
export async function failureOf(work: Promise<void>): Promise<Error> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof NotifyError)) throw new Error(`no NotifyError but ${inspect(error)}`);
  return error;
}

/** Everything that a log, a screen or a crash could show of these. */
function allThatShows(notifier: Notifier, error: Error): string {
  let written = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  pino({ level: 'trace' }, stream).error({ err: error, notifier }, error.message);
  const deep = { depth: 20, showHidden: true };
  return [written, inspect(error, deep), inspect(notifier, deep), error.stack].join('\n');
}

export function describeNotifier(
  name: string,
  create: () => Promise<NotifierHarness>,
  expected: Expected,
): void {
  describe(`${name} keeps a notifier's promises`, () => {
    let harness: NotifierHarness;
    const never = new AbortController().signal;
    const notify = (notice = exampleNotice, signal = never): Promise<void> =>
      harness.notifier.notify(notice, signal);

    beforeEach(async () => {
      harness = await create();
    });
    afterEach(() => harness.close());

    it('delivers a notice once, with what a person needs to act', async () => {
      await notify();
      const [delivery, ...more] = harness.taken();
      expect(more).toEqual([]);
      expect(delivery?.text).toContain('紧急求助:Station 1');
      // 03:04 UTC, as the scheme's people read it on their clocks.
      expect(delivery?.text).toMatch(/11:04:06 起尚无人接警/);
      expect(delivery?.text).toContain('alarm acknowledge 7');
      expect(delivery?.text).not.toContain(testWords);
    });

    it('gives a repetition the same name, and another notice another one', async () => {
      await notify();
      await notify();
      await notify({ ...exampleNotice, id: 'alarm-7.step-3', step: 3 });
      const [first, again, other] = harness.taken().map(({ id }) => id);
      expect(again).toBe(first);
      expect(other).not.toBe(first);
    });

    it('marks a test as one, and asks nobody to act', async () => {
      await notify({ ...exampleNotice, isTest: true });
      const text = harness.taken()[0]?.text;
      expect(text).toContain(testWords);
      expect(text).not.toContain('alarm acknowledge');
    });

    it('says of an answered alarm who has answered and when, and asks nobody to act', async () => {
      await notify(acknowledgedNotice);
      const text = harness.taken()[0]?.text;
      expect(text).toContain('已接警:Station 1');
      expect(text).toMatch(/Operator 1,.*11:05:07/);
      expect(text).not.toContain('alarm acknowledge');
      expect(text).not.toContain('尚无人接警');
    });

    it.each(['breaks', 'refuses', 'garbage', 'gone', 'hangs'] as const)(
      'tells in one line, and none of its secrets, that the other side %s',
      async (how) => {
        await harness.farSide(how);
        // In its own time: its own reason is told, and not that it was called off.
        const { noticeMaxMs } = harness.notifier;
        const error = await failureOf(notify(exampleNotice, AbortSignal.timeout(noticeMaxMs)));
        expect(error.message).toMatch({ ...always, ...expected }[how]);
        expect(error.message).not.toContain('\n');
        // Whatever it gave up, it does not hold on to.
        await eventually('no connection', () => harness.connections() === 0);
        expect(harness.secrets.length).toBeGreaterThan(0);
        const shown = allThatShows(harness.notifier, error);
        for (const secret of harness.secrets) expect(shown).not.toContain(secret);
      },
    );

    it('leaves at once when it is called off while the other side hangs', async () => {
      await harness.farSide('hangs');
      const controller = new AbortController();
      const failure = failureOf(harness.patient.notify(exampleNotice, controller.signal));
      await eventually('the connection', () => harness.connections() > 0);
      controller.abort();
      expect((await failure).message).toMatch(/called off/);
      await eventually('no connection', () => harness.connections() === 0);
    });

    it('sends nothing when it is called off beforehand', async () => {
      expect((await failureOf(notify(exampleNotice, AbortSignal.abort()))).message).toMatch(
        /called off/,
      );
      expect(harness.taken()).toEqual([]);
    });
  });
}
