import { statementOf } from '../../ledger/statement.ts';
import type { HeldKind } from '../held-kind.ts';

export const heldPoints: HeldKind = {
  name: 'points',
  what: 'The account: each transfer with why it is there, and the balance. It stays under the anonymous number, and so does what people wrote as the reason of a correction.',
  read: ({ db, volunteer, timeZone }) =>
    statementOf({ db }, volunteer, { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, timeZone }),
};
