import { attemptsMaxMs, withAttempts } from './attempts.ts';
import { post, refusalOf } from './http-post.ts';
import type { Notice, Notifier } from './notifier.ts';
import type { SettingsOf } from './notifier-settings.ts';
import type { Surroundings } from './surroundings.ts';
import { noticeText, plainText } from './texts.ts';
import { signedHeaders, webhookId } from './webhook-signature.ts';

/** Posts a notice to whatever program the scheme runs, signed so that it knows from whom. */
export class Webhook implements Notifier {
  readonly name: string;
  readonly noticeMaxMs: number;
  readonly #settings: SettingsOf<'webhook'>;
  readonly #timeZone: string;

  constructor(settings: SettingsOf<'webhook'>, { timeZone }: Surroundings) {
    this.name = settings.name;
    this.noticeMaxMs = attemptsMaxMs(settings.timeoutMs);
    this.#settings = settings;
    this.#timeZone = timeZone;
  }

  async notify(notice: Notice, signal: AbortSignal): Promise<void> {
    const { url, secret, ca, timeoutMs, language } = this.#settings;
    const text = plainText(noticeText(notice, { language, timeZone: this.#timeZone }));
    const body = bodyOf(notice, text);
    const id = webhookId(notice.id);
    await withAttempts({ timeoutMs, signal }, async (once) => {
      const timestampS = Math.floor(Date.now() / 1000);
      const headers = {
        'content-type': 'application/json',
        ...signedHeaders(secret, { id, timestampS, body }),
      };
      const answer = await post(new URL(url), { headers, body, ca }, once);
      if (answer.status < 200 || answer.status > 299) throw refusalOf(answer);
    });
  }
}

/** The form that the specification recommends: `type`, `timestamp` of the event, `data`. */
function bodyOf(notice: Notice, text: string): string {
  const { id, alarmId, station, stationName, isMistake, isTest, step, answered } = notice;
  const raisedAt = new Date(notice.raisedMs).toISOString();
  const storedAt = new Date(notice.storedMs).toISOString();
  const about = { id, alarmId, station, stationName, raisedAt, storedAt, isMistake, isTest, step };
  if (answered) {
    const { state, by, cause, othersOpen } = answered;
    const at = new Date(answered.atMs).toISOString();
    const who = { by, at, othersOpen, ...(cause === undefined ? {} : { cause }) };
    return JSON.stringify({
      type: `alarm.${state}`,
      timestamp: at,
      data: { ...about, ...who, text },
    });
  }
  return JSON.stringify({
    type: isTest ? 'alarm.test' : 'alarm.unacknowledged',
    timestamp: raisedAt,
    data: { ...about, text },
  });
}
