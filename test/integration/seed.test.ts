import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { audit } from '../../hub/audit/audit.ts';
import { explain } from '../../hub/ledger/statement.ts';
import { makeReport } from '../../hub/reports/make-report.ts';
import { periodOf } from '../../hub/reports/period.ts';
import { openStore } from '../../hub/store/open-store.ts';
import { type SeedOptions, seedDays, seedTimeZone } from '../../scripts/seed/year.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'yizhan-seed-')), 'data');
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Long enough for both changes of policy, for expiry, and for a bounty. */
const small: Omit<SeedOptions, 'dataDir'> = {
  ...{ seed: 5, from: '2026-01-20', days: 230, stations: 8, volunteers: 25 },
  say: () => {},
};

it('makes a district that adds up, and of which every kind of transfer can be explained', async () => {
  const { checkIns, late, redemptions, expired, suspicions } = await seedDays({
    ...small,
    dataDir,
  });
  for (const count of [checkIns, late, redemptions, expired, suspicions]) {
    expect(count).toBeGreaterThan(0);
  }
  const store = openStore(dataDir);
  try {
    expect((await audit(store)).findings).toEqual([]);
    const kinds = await store.db
      .selectFrom('transfer')
      .select('code')
      .select(({ fn }) => fn.max<number>('id').as('id'))
      .groupBy('code')
      .orderBy('code')
      .execute();
    expect(kinds.map(({ code }) => code)).toEqual([
      ...['bounty', 'check-in', 'contribution', 'correction', 'expiry'],
      ...['redemption-cancel', 'redemption-hand-out', 'redemption-reserve'],
    ]);
    for (const { id } of kinds) {
      const { why } = await explain(store, `${id}`, { timeZone: seedTimeZone });
      for (const sentence of Object.values(why)) expect(sentence).toMatch(/\p{L}.*\d|\d.*\p{L}/u);
    }
    expect((await makeReport(store, periodOf('2026-05'), seedTimeZone)).ties).toBe(true);
  } finally {
    await store.close();
  }
}, 120_000);

it('is the same district for the same number', async () => {
  const short = { ...small, days: 10, dataDir };
  const { seconds: _, ...first } = await seedDays(short);
  const again = join(dataDir, 'again');
  const { seconds: __, ...second } = await seedDays({ ...short, dataDir: again });
  expect(second).toEqual(first);
  const third = await seedDays({ ...short, seed: 6, dataDir: join(dataDir, 'other') });
  expect(third.checkIns).not.toBe(first.checkIns);
}, 60_000);
