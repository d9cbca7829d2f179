import { beforeAll, describe, expect, it } from 'vitest';
import { plantedBugs } from './planted-bugs.ts';
import { type Outcome, simulate } from './simulate.ts';
import { makeTemplate, type Template } from './template.ts';

/** scripts/test.sh asks for many more. */
const runs = Number(process.env['YIZHAN_SIMULATION_RUNS'] ?? 40);
/** Rare faults show in as many runs as this only. */
const runsForAllFaults = 40;
/** On a machine that is busy with other things. */
const runTimeoutMs = 4_000;

const everyFault = [
  'answer lost',
  'broker gone for an hour',
  'broker gone for minutes',
  'came over HTTPS',
  'came through a relay',
  'connection reset',
  'door closed',
  'duplicate',
  'forged command',
  'forged receipt',
  'hub clock jump',
  'hub crash',
  'hub disk error',
  'hub disk full',
  'hub partition',
  'hub power',
  'hub restored from a backup',
  'in-flight loss',
  'late will',
  'receipt lost with its connection',
  'redelivery',
  'relay alters',
  'relay forges',
  'relay repeats an answer',
  'relay swallows',
  'replay',
  'request late',
  'request lost',
  'request twice',
  'restart in good order',
  'station clock jump',
  'station crash',
  'station disk error',
  'station disk full',
  'station partition',
  'station power',
  'stuck button',
  'broker restart',
  'takeover',
];

const everyRule = [
  ...['credited', 'already-checked-in', 'daily-limit', 'monthly-limit'],
  ...['check-in', 'night', 'round', 'correction'],
];

const failures = ({ seed, violations }: Outcome): string[] =>
  violations.map(({ invariant, detail }) => `seed ${seed}: ${invariant}: ${detail}`);

let template: Template;
beforeAll(async () => {
  template = await makeTemplate();
});

describe('the simulation', () => {
  it(
    `finds nothing in ${runs} runs, in which every fault happens, and every rule is met`,
    async () => {
      const happened = new Map<string, number>();
      const settled = new Set<string>();
      for (let seed = 1; seed <= runs; seed += 1) {
        const outcome = await simulate({ seed, template });
        expect(failures(outcome)).toEqual([]);
        for (const [kind, n] of outcome.faults) happened.set(kind, (happened.get(kind) ?? 0) + n);
        for (const what of outcome.settled.keys()) settled.add(what);
      }
      const wanted = runs < runsForAllFaults ? [] : everyFault;
      expect([...happened.keys()]).toEqual(expect.arrayContaining(wanted));
      const rules = runs < runsForAllFaults ? [] : everyRule;
      expect([...settled]).toEqual(expect.arrayContaining(rules));
    },
    runs * runTimeoutMs,
  );

  it('does the same again with the same seed, and something else with another', async () => {
    const [first, again, other] = [
      await simulate({ seed: 7, template }),
      await simulate({ seed: 7, template, tell: () => {} }),
      await simulate({ seed: 8, template }),
    ];
    expect(again.digest).toBe(first.digest);
    expect(other.digest).not.toBe(first.digest);
  });
});

const seedsMost = Math.max(...plantedBugs.map(({ seedsMax }) => seedsMax));

describe('the simulation bites: it finds', { timeout: seedsMost * runTimeoutMs }, () => {
  it.each(plantedBugs)('$name', async ({ mutation, breaks, seedsMax }) => {
    let found = false;
    for (let seed = 1; seed <= seedsMax && !found; seed += 1) {
      const { violations } = await simulate({ seed, template, mutation });
      found = violations.some(({ invariant }) => breaks.includes(invariant));
    }
    expect(found).toBe(true);
  });
});
