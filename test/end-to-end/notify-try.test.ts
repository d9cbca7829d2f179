import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withTroubles } from '../../hub/app/trouble-book.ts';
import { listTroubles } from '../../hub/app/troubles.ts';
import { openStore, type Store } from '../../hub/store/open-store.ts';
import { freePort } from '../support/free-port.ts';
import { WebReceiver } from '../support/web-receiver.ts';

const key = 'never-to-be-told';

describe('hub notify try', { timeout: 60_000 }, () => {
  let folder: string;
  let receiver: WebReceiver;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-notify-'));
    receiver = await WebReceiver.start();
    receiver.answering = () => ({ body: '{"errcode":0,"errmsg":"ok"}' });
  });
  afterEach(async () => {
    await receiver.leave();
    rmSync(folder, { recursive: true });
  });

  const robot = (name: string, port = receiver.port) => ({
    ...{ kind: 'wecom', name, timeoutMs: 1_000 },
    url: `http://127.0.0.1:${port}/cgi-bin/webhook/send?key=${key}`,
  });
  const configure = (...notifiers: readonly object[]): void =>
    writeFileSync(join(folder, 'hub.json'), JSON.stringify({ notifiers }));

  /** Beside this process and not in its place: the receiver lives in it. */
  async function attempt(...args: readonly string[]) {
    const command = ['--import', 'tsx', 'hub/main.ts', 'notify', 'try', ...args, '--data', folder];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [status] = await ended;
    expect(stdout + stderr).not.toContain(key);
    return { status, stdout, stderr };
  }

  it('sends one test, marked as one, and says that it was taken', async () => {
    configure(robot('group-1'), robot('group-2', await freePort()));
    expect(await attempt('group-1')).toEqual({
      ...{ status: 0, stdout: 'group-1: the test was taken\n', stderr: '' },
    });
    expect(receiver.requests.map(({ body }) => body)).toEqual([
      expect.stringContaining('测试,非真实警情'),
    ]);
    const { stdout } = await attempt('group-1', '--json');
    expect(JSON.parse(stdout)).toEqual({ notifier: 'group-1', taken: true });
  });

  it('ends the trouble of that notifier when it is taken, and begins none when it is not', async () => {
    configure(robot('group-1'), robot('group-2', await freePort()));
    const inStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
      const store = openStore(folder);
      return work(store).finally(() => store.close());
    };
    const troubled = () =>
      inStore(async (store) => (await listTroubles(store)).map(({ part }) => part));
    for (const part of ['group-1', 'ops']) {
      await inStore(({ db }) =>
        withTroubles(db, 1, (book) => book.begin({ kind: 'notifier', part, detail: 'x' }, 1)),
      );
    }
    await attempt('group-2');
    expect(await troubled()).toEqual(['group-1', 'ops']);
    await attempt('group-1');
    expect(await troubled()).toEqual(['ops']);
  });

  it('says in one line why it was not taken', async () => {
    configure(robot('group-1'), robot('group-2', await freePort()));
    receiver.answering = () => ({ body: `{"errcode":93000,"errmsg":"no robot ${key}"}` });
    expect(await attempt('group-1')).toEqual({
      ...{ status: 2, stdout: '', stderr: 'group-1: refused, errcode 93000: no robot [secret]\n' },
    });
    const { status, stderr } = await attempt('group-2');
    expect(stderr).toMatch(/^group-2: nobody listens there .*\(3 attempts\)\n$/);
    expect(status).toBe(2);
  });

  it('names the notifiers that there are to whoever asks for another', async () => {
    expect((await attempt('ops')).stderr).toBe('there is no notifier ops: hub.json has none\n');
    configure(robot('group-1'), robot('group-2'));
    const { status, stderr } = await attempt('ops');
    expect(stderr).toBe('there is no notifier ops: hub.json has group-1, group-2\n');
    expect(status).toBe(2);
  });

  it('lists all faults of the settings, and no secret', async () => {
    configure(robot('group-1'), robot('group-1'), {
      ...robot('x'),
      url: `http://far.example/${key}`,
    });
    const { status, stderr } = await attempt('group-1');
    expect(stderr).toContain('- notifiers.1.name: another notifier is called group-1 too\n');
    expect(stderr).toMatch(/- notifiers\.2\.url: use https:.*\n/);
    expect(status).toBe(2);
  });
});
