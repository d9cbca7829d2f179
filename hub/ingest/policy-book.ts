import { type Policy, policySchema } from '../domain/policy.ts';
import type { IngestStatements } from '../store/ingest-statements.ts';

/** The policies that were in force, each read once: one that is published is never changed. */
export class PolicyBook {
  readonly #statements: Pick<IngestStatements, 'policyOf'>;
  readonly #bodies = new Map<number, Policy>();

  constructor(statements: Pick<IngestStatements, 'policyOf'>) {
    this.#statements = statements;
  }

  /** @returns the latest policy that has taken effect by `day`. */
  async of(day: string): Promise<{ version: number; body: Policy }> {
    const [row] = await this.#statements.policyOf({ day });
    if (!row) throw new Error(`no policy is in force on ${day}`);
    const body = this.#bodies.get(row.version) ?? policySchema.parse(JSON.parse(row.body));
    this.#bodies.set(row.version, body);
    return { version: row.version, body };
  }
}
