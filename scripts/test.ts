import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { type Suite, suites } from './suites.ts';

/** What vitest's json reporter says, as far as it is needed here. */
const reportSchema = z.looseObject({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  testResults: z.array(
    z.looseObject({ status: z.string(), assertionResults: z.array(z.looseObject({})) }),
  ),
});

interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const command = new Command('test')
  .description('Runs the tests. Suites whose real parts are missing here are left out and named.')
  .argument('[filters...]', 'run only the test files whose path contains one of these')
  .option('--require-all', 'fail when a suite cannot run, or when a test is skipped')
  .parse();

const { requireAll = false } = command.opts<{ requireAll?: boolean }>();
process.exitCode = main(command.args, requireAll);

function main(filters: readonly string[], everything: boolean): number {
  const left = suites
    .map((suite) => ({ suite, reason: suite.missing() }))
    .filter((entry): entry is { suite: Suite; reason: string } => entry.reason !== undefined);
  const { totals, status } = runVitest(
    filters,
    left.map(({ suite }) => suite.files),
  );
  for (const { suite, reason } of left)
    process.stdout.write(`left out: ${suite.name} (${reason})\n`);
  if (everything && totals.skipped > 0)
    process.stdout.write(`${totals.skipped} tests were skipped\n`);
  const more = everything ? left.length + totals.skipped : 0;
  // A run that crashed, or in which nothing ran, must not read as passed.
  const silent = status !== 0 || totals.passed === 0 ? 1 : 0;
  const failed = Math.max(totals.failed + more, silent);
  process.stdout.write(`${totals.passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

function runVitest(
  filters: readonly string[],
  excluded: readonly string[],
): { totals: Totals; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'yizhan-test-'));
  const outputFile = join(folder, 'report.json');
  const { status } = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...filters,
      ...excluded.map((glob) => `--exclude=${glob}`),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${outputFile}`,
    ],
    { stdio: 'inherit' },
  );
  const totals = readTotals(outputFile);
  rmSync(folder, { recursive: true });
  return { totals, status };
}

/** A file that could not even be loaded has no test of its own: it counts as one failure. */
function readTotals(file: string): Totals {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const report = reportSchema.parse(json);
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests,
  };
}
