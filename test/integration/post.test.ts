import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { AnswerTooLong, post } from '../../device/second-path/post.ts';
import { alarmMessageBytesMax } from '../../shared/wire/limits.ts';
import { FalseRelay, type Told } from '../support/false-relay.ts';

describe('posting an alarm', () => {
  const open: FalseRelay[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop();
  });
  const serve = async (answer: () => Promise<Told> | Told): Promise<URL> => {
    const relay = await FalseRelay.start(answer);
    open.push(relay);
    return new URL(`http://127.0.0.1:${relay.port}/`);
  };
  const { signal } = new AbortController();
  const message = Buffer.from('{"v":1}');

  it('brings the bytes as they are, and the answer back', async () => {
    const url = await serve(() => ({ status: 200, body: Buffer.from([0, 255, 10]) }));
    const { status, body } = await post(url, message, { timeoutMs: 10_000, signal });
    expect([status, ...body]).toEqual([200, 0, 255, 10]);
    expect(open[0]?.heard).toEqual([message]);
  });

  it('reads no answer that is longer than one can be', async () => {
    const url = await serve(() => ({ status: 200, body: Buffer.alloc(alarmMessageBytesMax + 1) }));
    const posted = post(url, message, { timeoutMs: 10_000, signal });
    await expect(posted).rejects.toThrow(AnswerTooLong);
  });

  it('ends when its time is over, or when it is called off', async () => {
    const url = await serve(() => new Promise<Told>(() => {}));
    const late = post(url, message, { timeoutMs: 100, signal });
    await expect(late).rejects.toMatchObject({ code: 'ABORT_ERR' });
    const calledOff = new AbortController();
    const posted = post(url, message, { timeoutMs: 60_000, signal: calledOff.signal });
    calledOff.abort();
    await expect(posted).rejects.toMatchObject({ code: 'ABORT_ERR' });
  });

  it('ends when its time is over, although everything that can be collected is', async () => {
    const url = await serve(() => new Promise<Told>(() => {}));
    const module = new URL('../../device/second-path/post.ts', import.meta.url);
    const script = `
      import { post } from ${JSON.stringify(module.href)};
      const { signal } = new AbortController();
      post(new URL('${url}'), Buffer.from('{}'), { timeoutMs: 1_000, signal })
        .then(() => process.exit(1), () => process.exit(0));
      setInterval(gc, 50);
      setTimeout(() => process.exit(2), 10_000);`;
    const args = ['--expose-gc', '--import', 'tsx', '--input-type=module', '-e', script];
    const child = spawn(process.execPath, args, { stdio: 'inherit' });
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('follows nobody elsewhere', async () => {
    const url = await serve(() => ({ status: 307, body: '' }));
    expect(await post(url, message, { timeoutMs: 10_000, signal })).toMatchObject({ status: 307 });
  });
});
