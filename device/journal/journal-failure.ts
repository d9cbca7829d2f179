import { JournalUnreadable } from './reading.ts';

/** What SQLite says of a file that will not get better by trying again (sqlite.org/rescode.html). */
const damageCodes = ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_IOERR'];

/** A disk without room: SQLite's word for it, the one for when its index cannot grow, and the system's own. */
const fullCodes = ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'ENOSPC', 'EDQUOT'];

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined;

export const isDiskFull = (error: unknown): boolean => fullCodes.includes(codeOf(error) ?? '');

/** Whether the file is at fault, by SQLite's word or by a check of ours. */
export function isDamage(error: unknown): boolean {
  if (error instanceof JournalUnreadable) return true;
  const code = codeOf(error) ?? '';
  return !isDiskFull(error) && damageCodes.some((damage) => code.startsWith(damage));
}
