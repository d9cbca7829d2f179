import type { Store } from '../store/open-store.ts';
import type { Db } from '../store/schema.ts';
import { balanceChecks } from './balance-checks.ts';
import { bountyChecks } from './bounty-checks.ts';
import { cardChecks } from './card-checks.ts';
import { checkInChecks } from './check-in-checks.ts';
import { contributionChecks } from './contribution-checks.ts';
import { correctionChecks } from './correction-checks.ts';
import { journalChecks } from './journal-checks.ts';
import { pauseChecks } from './pause-checks.ts';
import { pointsChecks } from './points-checks.ts';
import { redemptionChecks } from './redemption-checks.ts';
import { retentionChecks } from './retention-checks.ts';

/** Something that does not add up. */
export interface Finding {
  readonly check: string;
  /** What it is about, such as an account or a check-in. */
  readonly subject: string;
  readonly detail: string;
}

export interface AuditContext {
  readonly db: Db;
  readonly store: Pick<Store, 'ingest'>;
  /** Something was looked at: for the progress. */
  readonly say: (text: string) => void;
  /** So many were not looked at, since retention has emptied them: that is told, too. */
  readonly passOver: (entries: number) => void;
}

/** One thing that has to hold; it yields what does not. */
export interface AuditCheck {
  /** What holds when it finds nothing. */
  readonly claim: string;
  readonly run: (context: AuditContext) => AsyncGenerator<Omit<Finding, 'check'>>;
}

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
