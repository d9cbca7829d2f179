import { type Policy, policySchema } from '../domain/policy.ts';
import type { IngestStatements } from '../store/ingest-statements.ts';

type Statements = Pick<IngestStatements, 'policyOf' | 'policiesFrom'>;

export interface PolicyInForce {
  readonly version: number;
  readonly body: Policy;
}

/** The policies in force on the days that one commit touches; each is looked up once. */
export class PolicyBook {
  readonly #statements: Statements;
  readonly #days = new Map<string, PolicyInForce>();
  readonly #limitedMonths = new Map<string, boolean>();

  constructor(statements: Statements) {
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

  /** @param month YYYY-MM @returns whether a policy in force on any of its days limits what the month earns. */
  async limitMonth(month: string): Promise<boolean> {
    const known = this.#limitedMonths.get(month);
    if (known !== undefined) return known;
    const first = await this.of(`${month}-01`);
    const changes = await this.#statements.policiesFrom({
      after: `${month}-01`,
      to: `${month}-31`,
    });
    const bodies = [first.body, ...changes.map(({ body }) => policySchema.parse(JSON.parse(body)))];
    const isLimited = bodies.some(({ pointsPerMonthMax }) => pointsPerMonthMax !== undefined);
    this.#limitedMonths.set(month, isLimited);
    return isLimited;
  }
}
