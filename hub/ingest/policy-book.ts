import { type Policy, policySchema } from '../domain/policy.ts';
import type { IngestStatements } from '../store/ingest-statements.ts';

export interface PolicyInForce {
  readonly version: number;
  readonly body: Policy;
}

/** The policies in force on the days that one commit touches; each is looked up once. */
export class PolicyBook {
  readonly #statements: Pick<IngestStatements, 'policyOf'>;
  readonly #days = new Map<string, PolicyInForce>();

  constructor(statements: Pick<IngestStatements, 'policyOf'>) {
    this.#statements = statements;
  }

  /** @returns the latest policy that has taken effect by `day`. */
  async of(day: string): Promise<PolicyInForce> {
    const known = this.#days.get(day);
    if (known) return known;
    const [row] = await this.#statements.policyOf({ day });
    if (!row) throw new Error(`no policy is in force on ${day}`);
    const found = { version: row.version, body: policySchema.parse(JSON.parse(row.body)) };
    this.#days.set(day, found);
    return found;
  }
}
