import { z } from 'zod';
import { PassingTrouble } from './attempts.ts';
import { type PostAnswer, refusalOf } from './http-post.ts';
import { NotifyError } from './notifier.ts';
import { quoted } from './one-line.ts';

const answerSchema = z.looseObject({ errcode: z.int(), errmsg: z.string().default('') });

/** "System busy", to both platforms. */
const busy = -1;

/**
 * A robot's platform answers 200 to almost everything: only `errcode` 0 says that the group has the message.
 * @param secrets what the answer may repeat and nobody may read
 * @throws NotifyError with the platform's own code and words
 */
export function checkRobotAnswer(answer: PostAnswer, secrets: readonly string[]): void {
  if (answer.status !== 200) throw refusalOf(answer);
  const parsed = answerSchema.safeParse(jsonOf(answer.body));
  if (!parsed.success) throw new NotifyError('answered 200, but not as a robot does (no errcode)');
  const { errcode, errmsg } = parsed.data;
  if (errcode === 0) return;
  const told = `refused, errcode ${errcode}: ${quoted(errmsg, secrets)}`;
  throw errcode === busy ? new PassingTrouble(told) : new NotifyError(told);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema says what is missing
  }
}
