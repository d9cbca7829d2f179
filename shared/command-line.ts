import { type Command, InvalidArgumentError } from 'commander';
import { isBusy } from './busy.ts';
import { FolderInUse } from './process-lock.ts';
import { SettingsError } from './settings/settings-file.ts';

/** Exit code for what the caller can mend: a bad option, bad settings, a port that is taken, a refusal. */
export const exitUsage = 2;

/** For commander: a TCP port. 0 lets the system choose. @throws InvalidArgumentError */
export function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError('expected a port from 0 to 65535.');
}

/** For commander: a whole number above 0. @throws InvalidArgumentError */
export function count(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('expected a whole number above 0.');
}

/** @returns the TCP port of a listener that could not listen because it is taken, or undefined. */
export function takenPort(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') return;
  return 'port' in error ? Number(error.port) : 0;
}

/** System errors that speak of the caller's own file names (errno(3)). */
const fileFaults = [
  'EEXIST',
  'ENOTDIR',
  'EISDIR',
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOENT',
  'SQLITE_CANTOPEN',
];

const databaseInUse =
  'the database is in use: another process has been writing to it for seconds. Try again in a moment';

/** @returns what the caller can mend, in a line, or undefined when it is a fault of ours. */
export function mendable(error: unknown): string | undefined {
  if (error instanceof SettingsError || error instanceof FolderInUse) return error.message;
  if (isBusy(error)) return databaseInUse;
  const isFileFault =
    error instanceof Error && 'code' in error && fileFaults.includes(String(error.code));
  return isFileFault ? error.message : undefined;
}

/** Parses the arguments and runs the command; bad ones end the program with exit code 2. */
export async function runCommand(program: Command): Promise<void> {
  const all = (command: Command): void => {
    command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : exitUsage));
    for (const child of command.commands) all(child);
  };
  all(program);
  process.stdout.on('error', endWithReader);
  await program.parseAsync();
}

/** Whoever reads the answer may have had enough of it, as `head` has: that is no fault of anybody. */
function endWithReader(error: Error): never {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
}
