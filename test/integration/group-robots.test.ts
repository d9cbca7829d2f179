import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { acknowledgedNotice, exampleNotice, failureOf } from '../contracts/notifier-contract.ts';
import { dingtalkUrl, never, notifierOf, secrets, wecomUrl } from '../support/notifier-scenes.ts';
import { WebReceiver } from '../support/web-receiver.ts';

describe('a group robot', () => {
  let receiver: WebReceiver;
  const textSchema = z.looseObject({ text: z.looseObject({ content: z.string() }) });
  const bodies = () => receiver.requests.map(({ body }) => textSchema.parse(JSON.parse(body)));
  const wecom = (more: object = {}) =>
    notifierOf({ kind: 'wecom', url: wecomUrl(receiver.port), ...more });
  const dingtalk = (more: object = {}) =>
    notifierOf({ kind: 'dingtalk', url: dingtalkUrl(receiver.port), ...more });
  beforeEach(async () => {
    receiver = await WebReceiver.start();
    receiver.answering = () => ({ body: '{"errcode":0,"errmsg":"ok"}' });
  });
  afterEach(() => receiver.leave());

  it.each(['', 'ok', '<html>', 'null', '{"errmsg":"ok"}', '{"errcode":"0"}'])(
    'has not taken what its platform answers with %j',
    async (body) => {
      receiver.answering = () => ({ body });
      for (const notifier of [wecom(), dingtalk()]) {
        const { message } = await failureOf(notifier.notify(exampleNotice, never));
        expect(message).toMatch(/not as a robot does/);
      }
    },
  );

  it('has not taken what is answered with errcode 0 but without 200', async () => {
    receiver.answering = () => ({ status: 404, body: '{"errcode":0}' });
    for (const notifier of [wecom(), dingtalk()]) {
      expect((await failureOf(notifier.notify(exampleNotice, never))).message).toMatch(/404/);
    }
  });

  it('is asked again when its platform is busy', async () => {
    receiver.answering = () => ({
      body: `{"errcode":${receiver.requests.length === 1 ? -1 : 0},"errmsg":"system busy"}`,
    });
    await wecom().notify(exampleNotice, never);
    expect(receiver.requests).toHaveLength(2);
  });

  it('refuses an answer without end', async () => {
    receiver.answering = () => ({ body: ' '.repeat(1_000_000) });
    const { message } = await failureOf(wecom().notify(exampleNotice, never));
    expect(message).toMatch(/longer than/);
  });

  it('mentions everybody when that is wished, and never in a test or an answer', async () => {
    await wecom().notify(exampleNotice, never);
    await dingtalk().notify(exampleNotice, never);
    for (const isTest of [false, true]) {
      await wecom({ mentionAll: true }).notify({ ...exampleNotice, isTest }, never);
      await dingtalk({ mentionAll: true }).notify({ ...exampleNotice, isTest }, never);
    }
    await wecom({ mentionAll: true }).notify(acknowledgedNotice, never);
    await dingtalk({ mentionAll: true }).notify(acknowledgedNotice, never);
    const all = bodies().map(
      (body) => /@all|"isAtAll":true/.test(JSON.stringify(body)), //
    );
    expect(all).toEqual([false, false, true, true, ...Array(4).fill(false)]);
  });

  it('mentions nobody because of what a station is called', async () => {
    await wecom().notify({ ...exampleNotice, stationName: '<@all> Station 1' }, never);
    expect(bodies()[0]?.text.content).toContain('‹@all› Station 1');
  });

  it('gets no longer text than it takes, however a station is called', async () => {
    const long = '很长\n'.repeat(2_000);
    for (const language of ['zh', 'en', 'ko']) {
      await wecom({ language }).notify(
        { ...exampleNotice, stationName: long, isMistake: true },
        never,
      );
    }
    expect(bodies()).toHaveLength(3);
    for (const { text } of bodies()) expect(Buffer.byteLength(text.content)).toBeLessThan(2_048);
  });

  /** As the platform's documentation has it, by other means than ours: openssl(1). */
  it('of DingTalk finds its signature in the address', async () => {
    await dingtalk({ secret: secrets.dingtalk }).notify(exampleNotice, never);
    const query = receiver.requests[0]?.url.searchParams;
    const timestamp = query?.get('timestamp') ?? '';
    // Milliseconds, and not seconds as a webhook has them.
    expect(timestamp).toMatch(/^\d{13}$/);
    const hmac = execFileSync(
      'openssl',
      ['dgst', '-sha256', '-hmac', secrets.dingtalk, '-binary'], //
      { input: `${timestamp}\n${secrets.dingtalk}` },
    );
    expect(query?.get('sign')).toBe(hmac.toString('base64'));
    expect(query?.get('access_token')).toBe(secrets.token);
  });

  it('of DingTalk without a secret gets no signature', async () => {
    await dingtalk().notify(exampleNotice, never);
    expect([...(receiver.requests[0]?.url.searchParams.keys() ?? [])]).toEqual(['access_token']);
  });
});
