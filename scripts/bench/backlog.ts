import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { Journal } from '../../device/journal/journal.ts';
import { diskFiles } from '../../device/journal/journal-files.ts';
import { type CheckInClock, loadReading } from './load-scheme.ts';

/**
 * Appends check-ins that the hub does not have to a station's journal, as a long absence of the hub
 * would have left them; not synced one by one, since what is measured is what comes afterwards.
 * @param file journal of a station that is not running
 */
export function appendBacklog(file: string, entries: number, clock: CheckInClock): void {
  mkdirSync(dirname(file), { recursive: true });
  const journal = new Journal(file, { files: { open: (name) => unsynced(diskFiles.open(name)) } });
  for (let count = 0; count < entries; count += 1) {
    const { card, wallMs } = clock.next();
    journal.append('routine', { type: 'check-in', card }, loadReading(wallMs));
  }
  journal.close();
}

const unsynced = (db: Database.Database): Database.Database =>
  new Proxy(db, {
    get(_, name) {
      const value: unknown = Reflect.get(db, name);
      if (name === 'pragma') {
        return (pragma: string, options?: Database.PragmaOptions) =>
          db.pragma(pragma.replace('synchronous = FULL', 'synchronous = OFF'), options);
      }
      return typeof value === 'function' ? value.bind(db) : value;
    },
  });
