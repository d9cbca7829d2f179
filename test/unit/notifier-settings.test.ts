import { describe, expect, it } from 'vitest';
import { makeNotifiers } from '../../hub/notify/make-notifiers.ts';
import { noticeLimitMs } from '../../hub/notify/notifier.ts';
import { notifiersSchema } from '../../hub/notify/notifier-settings.ts';

const secret = 'only-the-receiver-knows';
const webhook = { kind: 'webhook', name: 'ops', url: 'https://ops.example/alarms', secret };
const key = 'never-to-be-told';
const wecom = {
  kind: 'wecom',
  name: 'group-1',
  url: `https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=${key}`,
};
const dingtalk = {
  kind: 'dingtalk',
  name: 'group-2',
  url: `https://oapi.dingtalk.com/robot/send?access_token=${key}`,
  secret: 'SEC0123456789abcdef',
};
const mail = {
  ...{ kind: 'smtp', name: 'mail', host: 'mail.example', user: 'hub', password: key },
  ...{ from: 'hub@scheme.example', to: ['duty@scheme.example'] },
};

/** What an operator reads of these, as `where: what`. */
const faults = (...notifiers: readonly object[]): string[] =>
  (notifiersSchema.safeParse(notifiers).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

describe('the settings of notifiers', () => {
  it('take one of each kind, and fill in what is left out', () => {
    expect(faults(webhook, wecom, dingtalk, mail)).toEqual([]);
    expect(notifiersSchema.parse([wecom])).toEqual([
      { ...wecom, language: 'zh', timeoutMs: 10_000, mentionAll: false },
    ]);
    expect(notifiersSchema.parse(undefined)).toEqual([]);
  });

  it('refuse a name that is given twice, whatever else is wrong', () => {
    expect(faults(webhook, { ...wecom, name: 'ops' })).toEqual([
      '1.name: another notifier is called ops too',
    ]);
    expect(faults({ ...webhook, secret: 1 }, { ...wecom, name: 'ops' })).toEqual([
      expect.stringMatching(/^0\.secret: /),
      '1.name: another notifier is called ops too',
    ]);
  });

  it('say how long a notice may take, which is never longer than the hub can wait', () => {
    const dc09 = { kind: 'dc09', name: 'm', host: '192.0.2.7', port: 4000, account: '1234' };
    const maxMsOf = (...notifiers: readonly object[]): number[] =>
      makeNotifiers(notifiersSchema.parse(notifiers), { timeZone: 'UTC' }).map(
        ({ noticeMaxMs }) => noticeMaxMs,
      );
    // Three attempts of 10 s and two pauses of 10 s; for DC-09 three of 5 s, two more for a clock, 1 s and 2 s.
    expect(maxMsOf(webhook, wecom, dingtalk, mail, dc09)).toEqual([
      ...[50_000, 50_000, 50_000, 50_000, 28_000],
    ]);
    const slow = [webhook, wecom, dingtalk, mail].map((one) => ({ ...one, timeoutMs: 60_000 }));
    for (const maxMs of maxMsOf(...slow, { ...dc09, ackTimeoutS: 40, attemptsMax: 3 })) {
      expect(maxMs).toBeLessThanOrEqual(noticeLimitMs);
    }
  });

  it('list all their faults at once, one line each, and no secret', () => {
    const all = faults(
      { ...webhook, url: 'http://ops.example/', secret: 'short-one', language: 'fr', more: 1 },
      { ...wecom, url: `https://qyapi.weixin.qq.com/?key=${key}` },
      { ...dingtalk, secret: key },
      { ...mail, user: undefined, tls: 'none', from: 'nobody', to: [] },
      { kind: 'pigeon', name: 'loft' },
    );
    const places = all.map((line) => line.split(':')[0]);
    expect(places.sort()).toEqual(
      [
        ...['0', '0.language', '0.secret', '0.url', '1.url', '2.secret'],
        ...['3.from', '3.password', '3.tls', '3.to', '4.kind'],
      ].sort(),
    );
    for (const told of [key, 'short-one']) expect(all.join('\n')).not.toContain(told);
    expect(all.join('\n')).toContain('4.kind: expected one of webhook, wecom, dingtalk, smtp');
  });

  it.each([
    ['ops.example/alarms', /expected https/],
    ['ftp://ops.example/', /expected https/],
    ['https://', /expected https/],
    ['https://user:pass@ops.example/', /no user and password/],
    ['http://ops.example/', /use https:.*allowHttp/],
    ['http://127.0.0.1.example/', /use https:/],
    ['http://192.168.1.5/', /use https:/],
  ])('refuse to post to %s', (url, told) => {
    expect(faults({ ...webhook, url })).toEqual([expect.stringMatching(told)]);
  });

  it.each([
    'http://127.0.0.1:8000/',
    'http://localhost/x',
    'http://[::1]:9/',
    'https://far.example',
  ])('let %s be posted to', (url) => expect(faults({ ...webhook, url })).toEqual([]));

  it('let HTTP go further where that is said, but never to a robot', () => {
    const url = 'http://ops.example/';
    expect(faults({ ...webhook, url, allowHttp: true })).toEqual([]);
    const plain = wecom.url.replace('https:', 'http:');
    expect(faults({ ...wecom, url: plain })).toEqual([expect.stringMatching(/use https:/)]);
    expect(faults({ ...wecom, url: plain, allowHttp: true })).toHaveLength(2);
  });

  it('ask for a whole key', () => {
    const bare = wecom.url.split('?')[0];
    expect(faults({ ...wecom, url: bare })).toEqual([
      "0.url: lacks key=…: copy the robot's whole address",
    ]);
    expect(faults({ ...dingtalk, url: wecom.url })).toEqual([
      expect.stringMatching(/expected the robot's address.*access_token/),
    ]);
    const long = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`;
    for (const right of [long(24), long(64), 'x'.repeat(16)]) {
      expect(faults({ ...webhook, secret: right })).toEqual([]);
    }
    for (const wrong of ['', 'x'.repeat(15), long(23), long(65), `whsec_${'x'.repeat(31)}!`]) {
      expect(faults({ ...webhook, secret: wrong })).toEqual([
        expect.stringMatching(/^0\.secret: /),
      ]);
    }
  });

  it('send a password only with a user, and only over TLS', () => {
    expect(faults({ ...mail, password: undefined })).toEqual([
      '0.password: user and password go together',
    ]);
    expect(faults({ ...mail, tls: 'none' })).toEqual([expect.stringMatching(/^0\.tls: /)]);
    for (const host of ['127.0.0.1', '::1', 'localhost']) {
      expect(faults({ ...mail, tls: 'none', host })).toEqual([]);
    }
  });
});
