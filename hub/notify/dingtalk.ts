import { createHmac } from 'node:crypto';
import { attemptsMaxMs, withAttempts } from './attempts.ts';
import { post } from './http-post.ts';
import { isCall, type Notice, type Notifier } from './notifier.ts';
import type { SettingsOf } from './notifier-settings.ts';
import { checkRobotAnswer } from './robot-answer.ts';
import type { Surroundings } from './surroundings.ts';
import { noticeText, plainText } from './texts.ts';
import { dingtalkRule } from './url-faults.ts';

/** Speaks in a DingTalk (钉钉) group. */
export class DingtalkRobot implements Notifier {
  readonly name: string;
  readonly noticeMaxMs: number;
  readonly #settings: SettingsOf<'dingtalk'>;
  readonly #timeZone: string;

  constructor(settings: SettingsOf<'dingtalk'>, { timeZone }: Surroundings) {
    this.name = settings.name;
    this.noticeMaxMs = attemptsMaxMs(settings.timeoutMs);
    this.#settings = settings;
    this.#timeZone = timeZone;
  }

  async notify(notice: Notice, signal: AbortSignal): Promise<void> {
    const { url, secret, mentionAll, language, ca, timeoutMs } = this.#settings;
    const content = plainText(noticeText(notice, { language, timeZone: this.#timeZone }));
    const body = JSON.stringify({
      msgtype: 'text',
      text: { content },
      at: { isAtAll: mentionAll && isCall(notice) },
    });
    const headers = { 'content-type': 'application/json' };
    const token = new URL(url).searchParams.get(dingtalkRule.key) ?? '';
    await withAttempts({ timeoutMs, signal }, async (once) => {
      const answer = await post(signedUrl(url, secret, Date.now()), { headers, body, ca }, once);
      checkRobotAnswer(answer, [token, secret ?? '']);
    });
  }
}

/**
 * A robot's address for one attempt. The platform takes a timestamp of the last hour only.
 * https://open.dingtalk.com/document/robots/customize-robot-security-settings, "加签"
 */
export function signedUrl(url: string, secret: string | undefined, atMs: number): URL {
  const signed = new URL(url);
  if (secret === undefined) return signed;
  const sign = createHmac('sha256', secret).update(`${atMs}\n${secret}`).digest('base64');
  signed.searchParams.set('timestamp', String(atMs));
  signed.searchParams.set('sign', sign);
  return signed;
}
