import PostalMime from 'postal-mime';
import { z } from 'zod';
import { makeNotifiers } from '../../hub/notify/make-notifiers.ts';
import type { Notifier } from '../../hub/notify/notifier.ts';
import { notifierSchema } from '../../hub/notify/notifier-settings.ts';
import type { FarSide, NotifierHarness } from '../contracts/notifier-contract.ts';
import { MailReceiver, type MailReceiverOptions } from './mail-receiver.ts';
import { type Answering, type Received, WebReceiver } from './web-receiver.ts';

/** Whatever must never be told. */
export const secrets = {
  webhook: `whsec_${Buffer.alloc(32, 'webhook').toString('base64')}`,
  wecomKey: '0f1e2d3c-wecom-key',
  token: 'f00dfeed0123456789-token',
  dingtalk: 'SEC0123456789abcdef0123456789abcdef',
};
export const login = { user: 'hub@scheme.example', password: 'a-long-mail-password' };

/** For a notice that nobody calls off. */
export const never = new AbortController().signal;

export const wecomUrl = (port: number): string =>
  `http://127.0.0.1:${port}/cgi-bin/webhook/send?key=${secrets.wecomKey}`;
export const dingtalkUrl = (port: number): string =>
  `http://127.0.0.1:${port}/robot/send?access_token=${secrets.token}`;

/** For one attempt: a test that waits for three of the short ones is long enough. */
const [shortMs, longMs] = [500, 60_000];

/** @returns the notifier that settings such as those in hub.json make, with times as Shenyang reads them */
export function notifierOf(settings: object, timeoutMs = shortMs): Notifier {
  const parsed = notifierSchema.parse({ name: 'ops', timeoutMs, ...settings });
  const [notifier] = makeNotifiers([parsed], { timeZone: 'Asia/Shanghai' });
  if (!notifier) throw new Error('no notifier was made');
  return notifier;
}

export interface WebSceneOptions {
  readonly settings: (port: number) => object;
  readonly secrets: readonly string[];
  /** What the other side answers when it takes a notice. */
  readonly taken: string;
  /** How it refuses one, with everything that it knows. */
  readonly refuse: (all: string) => ReturnType<Answering>;
  readonly read: (request: Received) => { readonly id: string; readonly text: string };
}

/** A notifier that posts, and a receiver of its posts. */
export async function webScene(options: WebSceneOptions): Promise<NotifierHarness> {
  const receiver = await WebReceiver.start();
  const { settings, secrets: known, taken, refuse, read } = options;
  const refusing: Answering = (request) =>
    refuse([...known, request.url.href, request.body, JSON.stringify(request.headers)].join(' '));
  const answers: Readonly<Record<Exclude<FarSide, 'gone'>, Answering>> = {
    takes: () => ({ body: taken }),
    breaks: () => ({ status: 500, body: known.join() }),
    refuses: refusing,
    hangs: () => 'hangs',
    garbage: () => 'garbage',
  };
  receiver.answering = answers.takes;
  return {
    notifier: notifierOf(settings(receiver.port)),
    patient: notifierOf(settings(receiver.port), longMs),
    secrets: known,
    async farSide(how) {
      if (how === 'gone') await receiver.leave();
      else receiver.answering = answers[how];
    },
    taken: () => receiver.requests.map(read),
    connections: () => receiver.connections,
    close: () => receiver.leave(),
  };
}

const mailSchema = z.object({ messageId: z.string(), subject: z.string(), text: z.string() });

/** What a mail program shows of a mail. */
export const readMail = async (raw: string) => mailSchema.parse(await PostalMime.parse(raw));

/** A notifier that sends mails, and a mail server. */
export async function mailScene(
  options: MailReceiverOptions,
  settings: object,
  known: readonly string[],
): Promise<NotifierHarness> {
  const receiver = await MailReceiver.start(options);
  receiver.refusal = `no, ${known.join(', ')}`;
  const delivered: { readonly id: string; readonly text: string }[] = [];
  const all = {
    ...{ kind: 'smtp', host: '127.0.0.1', port: receiver.port },
    ...{ from: 'hub@scheme.example', to: ['duty@scheme.example'] },
    ...settings,
  };
  receiver.onMail = async ({ raw }) => {
    const { messageId, subject, text } = await readMail(raw);
    delivered.push({ id: messageId, text: `${subject}\n${text}` });
  };
  return {
    notifier: notifierOf(all),
    patient: notifierOf(all, longMs),
    secrets: known,
    async farSide(how) {
      if (how === 'gone') await receiver.leave();
      else receiver.mood = how;
    },
    taken: () => delivered,
    connections: () => receiver.connections,
    close: () => receiver.leave(),
  };
}
