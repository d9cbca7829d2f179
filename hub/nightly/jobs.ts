import { policyHistory } from '../app/policies.ts';
import type { LocalDay } from '../domain/dating.ts';
import { expiryCutoff } from '../domain/expiry.ts';
import { addDays, startOfDay } from '../domain/local-time.ts';
import { inForceOn } from '../domain/policy-history.ts';
import { lookForFraud } from '../fraud/look.ts';
import { removeContributionTexts } from '../ledger/contributions.ts';
import { expirePoints } from '../ledger/expire-points.ts';
import { finishErasures } from '../privacy/erase-person.ts';
import { RemovalFault, removeOld } from '../privacy/remove-old.ts';
import type { HubSettings } from '../settings.ts';
import type { Store } from '../store/open-store.ts';
import type { Pace } from './pace.ts';

export interface NightScene {
  readonly store: Pick<Store, 'db' | 'ingest'>;
  readonly privacy: HubSettings['privacy'];
  readonly dayOf: LocalDay;
  readonly by: string;
  readonly atMs: number;
}

/** Something that is done each night. */
export interface NightlyJob {
  /** Its name in the log, among the actions, and as the part of a trouble. */
  readonly name: string;
  /** @returns what it did; undefined when the settings ask for nothing. @throws Interrupted, or what went wrong */
  readonly run: (scene: NightScene, pace: Pace) => Promise<object | undefined>;
}

const dayMs = 86_400_000;
/** What was late has come by then. */
const lookBackDays = 35;

/** In this order: what may hold details of check-ins looks at them before they go. */
export const nightlyJobs: readonly NightlyJob[] = [
  {
    name: 'fraud-look',
    run: async ({ store, dayOf, by, atMs }) => {
      const to = dayOf(atMs);
      const span = { from: addDays(to, -lookBackDays), to };
      return lookForFraud(store, span, { by, atMs });
    },
  },
  {
    name: 'expiry',
    run: async ({ store, dayOf, by, atMs }, pace) => {
      const today = dayOf(atMs);
      const { version, policy } = inForceOn(await policyHistory(store.db), today);
      const before = expiryCutoff(policy.expiry, today);
      if (before === undefined) return undefined;
      const run = { before, beforeMs: startOfDay(before, dayOf), policy: version, by, atMs };
      const expired = await expirePoints(store, run, pace);
      const points = expired.reduce((sum, one) => sum + one.points, 0);
      return { before, volunteers: expired.length, points };
    },
  },
  {
    name: 'contribution-texts',
    run: async ({ store: { db }, privacy: { contributionTextDays: days }, atMs }, pace) => {
      const remove = () =>
        db.transaction().execute((trx) => removeContributionTexts(trx, atMs - days * dayMs));
      return { days, texts: await pace.slice(remove) };
    },
  },
  {
    name: 'erasures',
    run: async ({ store, dayOf, by, atMs }, pace) => {
      const { faults, ...done } = await finishErasures(store, { by, atMs, dayOf }, pace);
      if (faults.length > 0) throw new RemovalFault(faults.join('; '));
      return done;
    },
  },
  {
    name: 'retention',
    run: async ({ store, privacy: { checkInDays }, dayOf, by, atMs }, pace) =>
      checkInDays === undefined
        ? undefined
        : removeOld(store, { checkInDays, by, atMs, dayOf }, pace),
  },
];
