import { type IncomingHttpHeaders, request as requestHttp, STATUS_CODES } from 'node:http';
import { request as requestHttps } from 'node:https';
import { PassingTrouble } from './attempts.ts';
import { NotifyError } from './notifier.ts';

/** A robot's answer has some hundred bytes. */
const answerBytesMax = 65_536;

export interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** PEM text of the authority that signed the receiver's certificate, where the system's do not. */
  readonly ca?: string | undefined;
}

export interface PostAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Posts over a connection of its own. Redirects are not followed: where an alarm goes is the scheme's to say.
 * @throws NotifyError that names neither the address, which may hold a key, nor what was sent
 */
export function post(
  url: URL,
  { headers, body, ca }: Post,
  signal: AbortSignal,
): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const trust = ca === undefined ? {} : { ca };
    const options = { method: 'POST', agent: false, signal, ...trust };
    const request = send(url, { ...options, headers: { ...headers, ...length } });
    const failed = (error: Error): void => reject(troubleOf(error));
    request.on('error', failed);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('error', failed);
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        parts.push(part);
        if (bytes > answerBytesMax) {
          reject(new NotifyError(`the answer is longer than ${answerBytesMax} bytes`));
          request.destroy();
        }
      });
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, headers: answered, body: Buffer.concat(parts).toString() });
      });
    });
    request.end(body);
  });
}

/** RFC 9110, 15: server errors, and the client errors that say "later" (RFC 8470, 5.2 for 425). */
const isPassing = (status: number): boolean => status >= 500 || [408, 425, 429].includes(status);

/** @returns what an answer that is no success says, never in the other side's own words */
export function refusalOf({ status, headers }: PostAnswer): NotifyError {
  const told = `answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
  if (isPassing(status)) return new PassingTrouble(told, retryAfterMs(headers));
  const isRedirect = status >= 300 && status < 400;
  return new NotifyError(isRedirect ? `${told}: redirects are not followed` : told);
}

/** RFC 9110, 10.2.3. The form with a date is for waits that are longer than an alarm's. */
const retryAfterMs = (headers: IncomingHttpHeaders): number =>
  /^\d{1,6}$/.test(headers['retry-after'] ?? '') ? Number(headers['retry-after']) * 1000 : 0;

/** What a system error means to whoever reads it, and whether it may pass. */
const connectionTroubles: Readonly<Record<string, { text: string; passes: boolean }>> = {
  ECONNREFUSED: { text: 'nobody listens there (connection refused)', passes: true },
  ECONNRESET: { text: 'the connection was cut', passes: true },
  EPIPE: { text: 'the connection was cut', passes: true },
  ETIMEDOUT: { text: 'the host does not answer', passes: true },
  EHOSTUNREACH: { text: 'there is no way to the host', passes: true },
  ENETUNREACH: { text: 'there is no way to the network', passes: true },
  EAI_AGAIN: { text: 'the name server does not answer', passes: true },
  ENOTFOUND: { text: 'there is no such host', passes: false },
};

function troubleOf(error: Error): NotifyError {
  const code = 'code' in error ? String(error.code) : error.name;
  const known = connectionTroubles[code];
  if (known?.passes) return new PassingTrouble(known.text);
  if (known) return new NotifyError(known.text);
  // llhttp's own codes: https://nodejs.org/api/errors.html, HPE_…
  if (code.startsWith('HPE_')) return new NotifyError(`the answer is not HTTP (${code})`);
  return new NotifyError(`the connection failed (${code})`);
}
