import { InvalidArgumentError } from 'commander';

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
