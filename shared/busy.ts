/** @returns whether another process held a lock of the database for longer than there was patience (SQLite, "SQLITE_BUSY"). */
export const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
