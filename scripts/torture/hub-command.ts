import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * One of the hub's commands, run to its end without holding up this process, in which the proxies
 * are. @returns what it printed, as JSON. @throws when it failed
 */
export async function hubCommand(dataDir: string, ...args: readonly string[]): Promise<unknown> {
  const command = ['--import', 'tsx', 'hub/main.ts', ...args, '--data', dataDir, '--json'];
  const { stdout } = await run(process.execPath, command);
  return JSON.parse(stdout);
}
