import { Command } from 'commander';
import { count } from '../shared/command-line.ts';
import { type Outcome, simulate } from '../test/simulation/simulate.ts';
import { makeTemplate } from '../test/simulation/template.ts';

interface Flags {
  readonly seed: number;
  readonly runs: number;
  readonly trace?: true;
  readonly json?: true;
}

/** How often a long series says how far it is. */
const progressEveryMs = 5_000;

new Command('simulate')
  .description('Runs the real programs on virtual time, with faults, and checks what they promise.')
  .option('--seed <n>', 'the first seed', count, 1)
  .option('--runs <n>', 'how many seeds, one after the other', count, 1)
  .option('--trace', 'print what happens, line by line')
  .option('--json', 'print the result as JSON')
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });

// Whoever reads the trace through `head` has seen enough.
process.stdout.on('error', () => process.exit(1));

async function run({ seed: first, runs, trace, json }: Flags): Promise<void> {
  const template = await makeTemplate();
  const startedMs = performance.now();
  let saidMs = startedMs;
  const totals = { runs: 0, events: 0, entries: 0, virtualMs: 0 };
  const faults = new Map<string, number>();
  const failed: Outcome[] = [];
  for (let seed = first; seed < first + runs; seed += 1) {
    const tell = trace ? { tell: (line: string) => process.stdout.write(`${line}\n`) } : {};
    const outcome = await simulate({ seed, template, ...tell });
    totals.runs += 1;
    for (const key of ['events', 'entries', 'virtualMs'] as const) totals[key] += outcome[key];
    for (const [kind, n] of outcome.faults) faults.set(kind, (faults.get(kind) ?? 0) + n);
    if (outcome.violations.length > 0) {
      failed.push(outcome);
      // At once: a long series goes on, and its result is hours away.
      (json ? process.stderr : process.stdout).write(failureText(outcome));
    }
    if (performance.now() - saidMs > progressEveryMs) {
      saidMs = performance.now();
      process.stderr.write(`${totals.runs} of ${runs} runs, ${failed.length} failed\n`);
    }
  }
  const seconds = Number(((performance.now() - startedMs) / 1000).toFixed(1));
  const result = { ...totals, seconds, failed, faults: Object.fromEntries([...faults].sort()) };
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : summaryText(result));
  if (failed.length > 0) process.exitCode = 1;
}

const failureText = ({ seed, violations }: Outcome): string =>
  `${violations
    .slice(0, 3)
    .map(({ invariant, detail }) => `seed ${seed}: ${invariant}: ${detail}\n`)
    .join('')}  npm run simulate -- --seed ${seed} --trace\n`;

const summaryText = (result: {
  runs: number;
  events: number;
  entries: number;
  virtualMs: number;
  seconds: number;
  failed: readonly Outcome[];
  faults: Record<string, number>;
}): string => {
  const faults = Object.entries(result.faults).map(
    ([kind, n]) => `  ${String(n).padStart(7)} ${kind}`,
  );
  const hours = (result.virtualMs / 3_600_000).toFixed(1);
  return [
    `${result.runs} runs in ${result.seconds} s: ${result.events} events, ${result.entries} entries, ${hours} h of virtual time`,
    ...faults,
    `${result.failed.length} failed`,
    '',
  ].join('\n');
};
