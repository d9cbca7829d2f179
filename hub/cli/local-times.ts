import { SettingsError } from '../../shared/settings/settings-file.ts';
import { readTimeZone } from '../settings.ts';

/** A moment as the hub writes it for programs: ISO 8601, UTC (`Date.toISOString`). */
const moment = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z/g;

export type LocalClock = (iso: string) => { readonly day: string; readonly time: string };

/** @returns what clocks say there. sv-SE writes a moment as 2026-03-02 10:01:12. */
export function localClock(timeZone: string): LocalClock {
  const format = new Intl.DateTimeFormat('sv-SE', {
    ...{ timeZone, dateStyle: 'short', timeStyle: 'medium' },
  });
  return (iso) => {
    const [day = '', time = ''] = format.format(new Date(iso)).split(' ');
    return { day, time };
  };
}

/**
 * What is told to a person, with each moment in it as clocks say it where the scheme is; also those in
 * what was written down earlier, such as the detail of a trouble. Programs (`--json`) get UTC.
 */
export const withLocalTimes = (text: string, clock: LocalClock): string =>
  text.replaceAll(moment, (iso) => {
    if (Number.isNaN(Date.parse(iso))) return iso; // what somebody typed may look like one
    const { day, time } = clock(iso);
    return `${day} ${time}`;
  });

/**
 * The same for a whole answer of the program, with the zone named once, if there are times in it. With a
 * hub.json that cannot be read the moments stay as they are, which says UTC.
 * @param folder the hub's data folder
 * @param name puts the zone's name to the text
 * @param warn is told, in a line or more, why times are not local
 */
export function inLocalTime(
  text: string,
  folder: string,
  name: (text: string, timeZone: string) => string,
  warn: (lines: string) => void,
): string {
  if (text.search(moment) < 0) return text;
  try {
    const timeZone = readTimeZone(folder);
    return name(withLocalTimes(text, localClock(timeZone)), timeZone);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    warn(`${error.message}\nTimes are shown in UTC.\n`);
    return text;
  }
}
