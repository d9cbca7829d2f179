import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Log } from '../../shared/log.ts';

/** Of what it says on standard error, for the trouble. */
const saidMax = 500;

const reportSchema = z.object({
  day: z.string(),
  isInterrupted: z.boolean(),
  jobs: z.array(z.looseObject({ job: z.string(), failed: z.string().optional() })),
});

/** A read over a year may take longer than whoever stops the hub wants to wait; nothing is lost by it. */
const endMaxMs = 5_000;

export class NightlyFailed extends Error {
  override readonly name = 'NightlyFailed';
}

/**
 * Does the nightly work in a process of its own: a report over a year of check-ins takes a second, in which
 * this one would take no alarm. Each job is one line in the log.
 * @param signal ends it after the transaction that is under way
 * @throws NightlyFailed when it did not come to its end
 */
export async function nightlyProcess(
  dataDir: string,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const args = [...loaders(process.execArgv), main, 'nightly', '--json', '--data', dataDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let kill: NodeJS.Timeout | undefined;
  const end = (): void => {
    child.kill('SIGTERM');
    kill = setTimeout(() => child.kill('SIGKILL'), endMaxMs);
  };
  signal.addEventListener('abort', end);
  let [answer, said] = ['', ''];
  child.stdout.on('data', (data: Buffer) => {
    answer += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    said = `${said}${data.toString()}`.slice(-saidMax);
  });
  try {
    const [code] = await once(child, 'close');
    if (signal.aborted) return;
    const report = reportIn(answer);
    // 1 with a report: one of the jobs failed, and has said so itself.
    if (report === undefined) throw new NightlyFailed(`ended with ${code}: ${said.trim()}`);
    for (const job of report.jobs) {
      if (job.failed === undefined) log.info(job, 'nightly');
      else log.error(job, 'nightly');
    }
  } finally {
    clearTimeout(kill);
    signal.removeEventListener('abort', end);
  }
}

/** Of Node's own arguments those that load TypeScript: another might run something else than the program. */
function loaders(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    if (arg.startsWith('--import=')) return [arg];
    return arg === '--import' ? [arg, args[index + 1] ?? ''] : [];
  });
}

function reportIn(answer: string): z.infer<typeof reportSchema> | undefined {
  try {
    return reportSchema.parse(JSON.parse(answer));
  } catch {
    return undefined; // it ended before it could say anything: standard error tells why
  }
}
