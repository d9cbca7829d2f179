import { createTransport } from 'nodemailer';
import { counted } from '../../shared/counted.ts';
import { attemptsMaxMs, PassingTrouble, withAttempts } from './attempts.ts';
import { isCall, type Notice, type Notifier, NotifyError } from './notifier.ts';
import type { SettingsOf } from './notifier-settings.ts';
import { quoted } from './one-line.ts';
import type { Surroundings } from './surroundings.ts';
import { noticeText } from './texts.ts';

type Settings = SettingsOf<'smtp'>;

/** The customary ports: RFC 8314 (implicit TLS), RFC 6409 (submission), RFC 5321. */
const portOf = { implicit: 465, starttls: 587, none: 25 } as const;

/** A mail server that says good-bye slowly keeps nobody waiting. */
const closeTimeoutMs = 1_000;

/** Sends an e-mail. It has been taken when the scheme's own mail server has taken it. */
export class MailSender implements Notifier {
  readonly name: string;
  readonly noticeMaxMs: number;
  readonly #settings: Settings;
  readonly #timeZone: string;

  constructor(settings: Settings, { timeZone }: Surroundings) {
    this.name = settings.name;
    this.noticeMaxMs = attemptsMaxMs(settings.timeoutMs);
    this.#settings = settings;
    this.#timeZone = timeZone;
  }

  async notify(notice: Notice, signal: AbortSignal): Promise<void> {
    const { timeoutMs, to } = this.#settings;
    const message = this.#messageOf(notice);
    await withAttempts({ timeoutMs, signal }, async (once) => {
      const { rejected } = await createTransport(transportOf(this.#settings))
        .sendMail({ ...message, signal: once })
        .catch((error: unknown) => {
          throw troubleOf(error, this.#settings);
        });
      // The others have it by now, so this is not tried again; but it is not as it should be either.
      if (rejected.length > 0) {
        throw new NotifyError(
          `${rejected.length} of ${counted(to.length, 'address', 'addresses')} ${rejected.length === 1 ? 'was' : 'were'} refused`,
        );
      }
    });
  }

  #messageOf(notice: Notice) {
    const { from, to, language } = this.#settings;
    const { title, lines } = noticeText(notice, { language, timeZone: this.#timeZone });
    return {
      from,
      to: [...to],
      subject: title,
      text: `${[title, ...lines].join('\n')}\n`,
      // The same whenever this notice is sent, so that a mail program shows one (RFC 5322, 3.6.4).
      messageId: `<${encodeURIComponent(notice.id)}@${from.split('@').at(-1)}>`,
      // RFC 3834: no out-of-office reply to this.
      headers: { 'Auto-Submitted': 'auto-generated' },
      priority: isCall(notice) ? ('high' as const) : ('normal' as const),
    };
  }
}

function transportOf({ host, port, tls, user, password, ca, timeoutMs }: Settings) {
  const withLogin = user === undefined ? {} : { auth: { user, pass: password ?? '' } };
  return {
    host,
    port: port ?? portOf[tls],
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(ca === undefined ? {} : { tls: { ca } }),
    ...withLogin,
    // The attempt's signal cuts it first; these stand for the sockets that it may not reach.
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    socketCloseTimeout: closeTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Troubles of the way to the server, which may pass: https://nodemailer.com/errors */
const passingCodes = ['ESOCKET', 'ECONNECTION', 'ETIMEDOUT', 'EDNS'];

/** A part of an address that is shorter than this is in many words, and tells of nobody. */
const mailboxCharactersMin = 3;

/** People's addresses, and their parts before the "@", which servers name alone as well. */
function personal({ from, to, user = '' }: Settings): string[] {
  const addresses = [user, from, ...to];
  const mailboxes = addresses
    .map((address) => address.split('@')[0] ?? '')
    .filter(({ length }) => length >= mailboxCharactersMin);
  return [...addresses, ...mailboxes];
}

function troubleOf(error: unknown, settings: Settings): NotifyError {
  const { user = '', password = '' } = settings;
  if (!(error instanceof Error)) return new NotifyError('the mail was not sent');
  const { code, responseCode } = { code: '', responseCode: 0, ...error };
  if (code === 'EAUTH') {
    return new NotifyError(`the mail server refused user and password (${responseCode})`);
  }
  const plain = Buffer.from(`\0${user}\0${password}`).toString('base64');
  const told = quoted(error.message, [password, plain, ...personal(settings)]);
  // RFC 5321, 4.2.1: 4yz is a transient refusal, 5yz a permanent one.
  const isPassing =
    responseCode === 0 ? passingCodes.includes(code) : responseCode >= 400 && responseCode < 500;
  return isPassing ? new PassingTrouble(told) : new NotifyError(told);
}
