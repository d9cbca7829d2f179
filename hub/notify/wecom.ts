import { attemptsMaxMs, withAttempts } from './attempts.ts';
import { post } from './http-post.ts';
import { isCall, type Notice, type Notifier } from './notifier.ts';
import type { SettingsOf } from './notifier-settings.ts';
import { checkRobotAnswer } from './robot-answer.ts';
import type { Surroundings } from './surroundings.ts';
import { noticeText, plainText } from './texts.ts';
import { wecomRule } from './url-faults.ts';

/**
 * Speaks in a WeCom (企业微信) group. Plain text and not markdown: people who read the group in WeChat
 * see no markdown there.
 */
export class WecomRobot implements Notifier {
  readonly name: string;
  readonly noticeMaxMs: number;
  readonly #settings: SettingsOf<'wecom'>;
  readonly #timeZone: string;

  constructor(settings: SettingsOf<'wecom'>, { timeZone }: Surroundings) {
    this.name = settings.name;
    this.noticeMaxMs = attemptsMaxMs(settings.timeoutMs);
    this.#settings = settings;
    this.#timeZone = timeZone;
  }

  async notify(notice: Notice, signal: AbortSignal): Promise<void> {
    const { mentionAll, language, ca, timeoutMs } = this.#settings;
    const url = new URL(this.#settings.url);
    const content = withoutMentions(
      plainText(noticeText(notice, { language, timeZone: this.#timeZone })),
    );
    const mention = mentionAll && isCall(notice) ? { mentioned_list: ['@all'] } : {};
    const body = JSON.stringify({ msgtype: 'text', text: { content, ...mention } });
    const headers = { 'content-type': 'application/json' };
    const secrets = [url.searchParams.get(wecomRule.key) ?? ''];
    await withAttempts({ timeoutMs, signal }, async (once) => {
      checkRobotAnswer(await post(url, { headers, body, ca }, once), secrets);
    });
  }
}

/** The platform reads `<@somebody>` as a mention: no station's name shall ring anybody's phone. */
const withoutMentions = (text: string): string => text.replaceAll('<', '‹').replaceAll('>', '›');
