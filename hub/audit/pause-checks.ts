import { z } from 'zod';
import type { AuditCheck } from './check.ts';

export const pauseChecks: readonly AuditCheck[] = [
  { claim: 'volunteers are paused as people decided, and not otherwise', run: wrongPauses },
];

const resumedSchema = z.object({ fromMs: z.int(), untilMs: z.int() });

/** A pause decides on points: it is worked out from the actions what pauses there must be. */
async function* wrongPauses({ db }: Parameters<AuditCheck['run']>[0]) {
  const actions = await db
    .selectFrom('operator_action')
    .select(['at', 'action', 'subject', 'detail'])
    .where('action', 'in', ['volunteer pause', 'volunteer resume'])
    .orderBy('id')
    .execute();
  const decided = new Map<string, number | null>();
  for (const { at, action, subject, detail } of actions) {
    if (action === 'volunteer pause') decided.set(`${subject} ${at}`, null);
    else {
      const { fromMs, untilMs } = resumedSchema.parse(JSON.parse(detail));
      decided.set(`${subject} ${fromMs}`, untilMs);
    }
  }
  const pauses = await db
    .selectFrom('volunteer_pause')
    .select(['volunteer_id', 'from_ms', 'until_ms'])
    .orderBy('id')
    .execute();
  for (const { volunteer_id: subject, from_ms, until_ms } of pauses) {
    const key = `${subject} ${from_ms}`;
    const until = decided.get(key);
    decided.delete(key);
    if (until === undefined) yield { subject, detail: `nobody paused them at ${from_ms}` };
    else if (until !== until_ms) {
      yield { subject, detail: `is paused until ${until_ms}; people decided ${until}` };
    }
  }
  for (const key of decided.keys()) {
    yield { subject: key.split(' ')[0] ?? key, detail: `a pause that was decided is not there` };
  }
}
