import { z } from 'zod';
import { describeNotifier, type NotifierHarness } from '../contracts/notifier-contract.ts';
import {
  dingtalkUrl,
  login,
  mailScene,
  secrets,
  webScene,
  wecomUrl,
} from '../support/notifier-scenes.ts';

const webhookSchema = z.looseObject({ data: z.looseObject({ text: z.string() }) });
const robotSchema = z.looseObject({
  msgtype: z.literal('text'),
  text: z.looseObject({ content: z.string() }),
});

const webhookScene = (): Promise<NotifierHarness> =>
  webScene({
    settings: (port) => ({
      kind: 'webhook',
      url: `http://127.0.0.1:${port}/path-of-ours`,
      secret: secrets.webhook,
    }),
    secrets: [secrets.webhook, 'path-of-ours'],
    taken: 'thank you',
    refuse: (all) => ({ status: 403, body: all }),
    read: ({ headers, body }) => ({
      id: headers['webhook-id'] ?? '',
      text: webhookSchema.parse(JSON.parse(body)).data.text,
    }),
  });

/** A robot gives its messages no name: a repetition is the same text. */
const robotScene = (settings: (port: number) => object, known: readonly string[]) => () =>
  webScene({
    ...{ settings, secrets: known },
    taken: JSON.stringify({ errcode: 0, errmsg: 'ok' }),
    refuse: (all) => ({ body: JSON.stringify({ errcode: 93_000, errmsg: `no:\n${all}` }) }),
    read: ({ body }) => {
      const { content } = robotSchema.parse(JSON.parse(body)).text;
      return { id: content, text: content };
    },
  });

const refusedByRobot = /^refused, errcode 93000: no: /;
const noHttp = /^the answer is not HTTP \(HPE_\w+\)$/;
const broken = /^answered 500 Internal Server Error \(3 attempts\)$/;

describeNotifier('the webhook', webhookScene, {
  breaks: broken,
  refuses: /^answered 403 Forbidden$/,
  garbage: noHttp,
});
describeNotifier(
  'the WeCom robot',
  robotScene((port) => ({ kind: 'wecom', url: wecomUrl(port) }), [secrets.wecomKey]),
  { breaks: broken, refuses: refusedByRobot, garbage: noHttp },
);
describeNotifier(
  'the DingTalk robot',
  robotScene(
    (port) => ({ kind: 'dingtalk', url: dingtalkUrl(port), secret: secrets.dingtalk }),
    [secrets.token, secrets.dingtalk],
  ),
  { breaks: broken, refuses: refusedByRobot, garbage: noHttp },
);
describeNotifier(
  'the mail sender',
  () => mailScene({ login }, { tls: 'none', ...login }, [login.password]),
  { breaks: /554/, refuses: /550 no, \[secret\]/, garbage: /Invalid greeting/ },
);
