import type { Store } from '../store/open-store.ts';
import { balanceChecks } from './balance-checks.ts';
import { bountyChecks } from './bounty-checks.ts';
import { cardChecks } from './card-checks.ts';
import type { AuditCheck, Finding } from './check.ts';
import { checkInChecks } from './check-in-checks.ts';
import { contributionChecks } from './contribution-checks.ts';
import { correctionChecks } from './correction-checks.ts';
import { journalChecks } from './journal-checks.ts';
import { pauseChecks } from './pause-checks.ts';
import { pointsChecks } from './points-checks.ts';
import { redemptionChecks } from './redemption-checks.ts';
import { retentionChecks } from './retention-checks.ts';

export const auditChecks: readonly AuditCheck[] = [
  ...journalChecks,
  ...checkInChecks,
  ...cardChecks,
  ...pauseChecks,
  ...pointsChecks,
  ...bountyChecks,
  ...correctionChecks,
  ...redemptionChecks,
  ...contributionChecks,
  ...retentionChecks,
  ...balanceChecks,
];

/** Told of one check; more are counted, and say nothing new. */
const findingsMax = 20;

export interface AuditReport {
  readonly checks: readonly { claim: string; findings: number; passedOver: number }[];
  readonly findings: readonly Finding[];
  readonly isSound: boolean;
}

/**
 * Works out anew from the journal and from what people have recorded what everything else must be, and
 * compares. Reads only, and may run beside a working hub: all of it sees one moment.
 */
export async function audit(
  { db, ingest }: Pick<Store, 'db' | 'ingest'>,
  say: (text: string) => void = () => {},
  list: readonly AuditCheck[] = auditChecks,
): Promise<AuditReport> {
  const checks: { claim: string; findings: number; passedOver: number }[] = [];
  const findings: Finding[] = [];
  for (const { claim, run } of list) {
    let [count, passedOver] = [0, 0];
    const passOver = (entries: number): void => {
      passedOver += entries;
    };
    say(claim);
    for await (const finding of run({ db, store: { ingest }, say, passOver })) {
      count += 1;
      if (count <= findingsMax) findings.push({ check: claim, ...finding });
    }
    checks.push({ claim, findings: count, passedOver });
  }
  return { checks, findings, isSound: findings.length === 0 };
}
