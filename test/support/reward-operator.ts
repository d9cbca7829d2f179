import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../../hub/app/registry.ts';
import { cancelRedemption, handOut } from '../../hub/rewards/close-redemption.ts';
import { redeem } from '../../hub/rewards/redeem.ts';
import { schemeRules } from '../../hub/rewards/redemption-rules.ts';
import { openStore } from '../../hub/store/open-store.ts';

/**
 * An operator as a process of their own: does one thing after another as soon as the file `go` is there,
 * and prints how often it was done and why it was refused.
 */
const [folder = '', go = '', by = '', jobsText = '[]'] = process.argv.slice(2);
export type Job =
  | { readonly do: 'redeem'; readonly reward: number; readonly volunteer: string }
  | { readonly do: 'hand-out' | 'cancel'; readonly code: string };
const jobs = JSON.parse(jobsText) as readonly Job[];

const store = openStore(folder);
const waitMs = 2;
/**
 * The next is done after a moment. SQLite's waiting is not fair: whoever tries again at once has the lock
 * until all is done.
 */
const thoughtMsMax = 40;

const perform = (job: Job): Promise<unknown> => {
  const change = { by, atMs: Date.now() };
  switch (job.do) {
    case 'redeem': {
      const dayOf = () => '2026-03-02';
      return redeem(store, { ...job, ...change }, { rules: schemeRules(store), dayOf });
    }
    case 'hand-out':
      return handOut(store, job.code, change);
    case 'cancel':
      return cancelRedemption(store, job.code, { ...change, reason: 'a reason' });
  }
};

process.stdout.write('ready\n');
while (!existsSync(go)) await sleep(waitMs);
const result = { done: 0, refused: {} as Record<string, number> };
for (const job of jobs) {
  await sleep(Math.random() * thoughtMsMax);
  try {
    await perform(job);
    result.done += 1;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    result.refused[error.message] = (result.refused[error.message] ?? 0) + 1;
  }
}
await store.close();
process.stdout.write(`result ${JSON.stringify(result)}\n`);
