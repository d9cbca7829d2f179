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

  /** Looks up what is in force on these days, for `of` to tell. */
  async lookUp(days: readonly string[]): Promise<void> {
    for (const day of days) {
      if (this.#days.has(day)) continue;
      const [row] = await this.#statements.policyOf({ day });
      if (!row) throw new Error(`no policy is in force on ${day}`);
      const body = policySchema.parse(JSON.parse(row.body));
      this.#days.set(day, { version: row.version, body });
    }
  }

  /** @returns the latest policy that has taken effect by `day`, which was looked up. */
  of(day: string): PolicyInForce {
    const known = this.#days.get(day);
    if (!known) throw new Error(`the policy of ${day} was not looked up`);
    return known;
  }

  /** The same for one day that nobody has looked up. */
  async find(day: string): Promise<PolicyInForce> {
    await this.lookUp([day]);
    return this.of(day);
  }

  /** @param month YYYY-MM @returns whether a policy in force on any of its days limits what the month earns. */
  async limitMonth(month: string): Promise<boolean> {
    const known = this.#limitedMonths.get(month);
    if (known !== undefined) return known;
    await this.lookUp([`${month}-01`]);
    const first = this.of(`${month}-01`);
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
