import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { underSignals } from '../../shared/any-signal.ts';
import { alarmMessageBytesMax } from '../../shared/wire/limits.ts';

export interface PostOptions {
  /** PEM text of the authority that signed the other side's certificate. */
  readonly ca?: string | undefined;
  /** For the whole exchange, from looking up the name to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Calls it off. */
  readonly signal: AbortSignal;
}

export interface Posted {
  readonly status: number;
  readonly body: Buffer;
}

/** What came back is no answer to an alarm. */
export class AnswerTooLong extends Error {
  override readonly name = 'AnswerTooLong';
  constructor() {
    super(`the answer is longer than ${alarmMessageBytesMax} bytes`);
  }
}

/**
 * Posts one sealed message, over a connection of its own; follows no redirection.
 * @returns what was answered: nothing about it is to be believed but its MAC
 * @throws a system or TLS error, an AbortError, or AnswerTooLong
 */
export async function post(
  url: URL,
  message: Uint8Array,
  { ca, timeoutMs, signal }: PostOptions,
): Promise<Posted> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  try {
    return await underSignals([signal, late.signal], (either) =>
      exchange(url, message, { ca, signal: either }),
    );
  } finally {
    clearTimeout(timer);
  }
}

function exchange(
  url: URL,
  message: Uint8Array,
  { ca, signal }: Pick<PostOptions, 'ca' | 'signal'>,
): Promise<Posted> {
  const request = url.protocol === 'https:' ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': message.byteLength },
      // A connection that was kept may be dead without anybody knowing.
      agent: false,
      signal,
      ...(ca === undefined ? {} : { ca }),
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('error', reject);
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > alarmMessageBytesMax) response.destroy(new AnswerTooLong());
        else parts.push(part);
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) }),
      );
    });
    sent.end(message);
  });
}
