import { writeCsv } from '../csv/csv.ts';
import { encodeText, type WrittenEncoding } from '../csv/encodings.ts';
import { NotInEncoding } from '../csv/gb18030.ts';
import { loadTeams } from '../people/teams.ts';
import { type Column, columnWords } from '../people/volunteer-columns.ts';
import { keysOf, type Language, languageWords, roleWords, stateWords } from '../people/words.ts';
import type { Store } from '../store/open-store.ts';
import { noteAction, Refusal } from './registry.ts';
import { listVolunteers } from './volunteers.ts';

/** Between several in one cell: in no name of a team, and no comma of a table. */
const between = '; ';

/**
 * All volunteers as a list for office software; `importVolunteers` reads it again, in whatever language it
 * is written. It holds how many cards each has, and nothing by which a card could be told.
 * @throws Refusal when something cannot be written in the encoding
 */
export async function exportVolunteers(
  store: Pick<Store, 'db'>,
  { language, encoding, by }: { language: Language; encoding: WrittenEncoding; by: string },
): Promise<{ readonly bytes: Uint8Array; readonly rows: number }> {
  const all = await listVolunteers(store);
  const volunteers = all.filter(({ state }) => state !== 'erased');
  const teams = new Map((await loadTeams(store.db)).map(({ id, name }) => [id, name[language]]));
  const columns = keysOf(columnWords).filter((column) => column !== 'card-uid');
  type Row = (typeof volunteers)[number];
  const cells: Readonly<Record<Exclude<Column, 'card-uid'>, (row: Row) => string>> = {
    id: ({ id }) => id,
    'external-id': ({ externalId }) => externalId ?? '',
    name: ({ name }) => name,
    'display-name': ({ displayName }) => displayName ?? '',
    language: (row) => languageWords[row.language][language],
    roles: ({ roles }) => roles.map((role) => roleWords[role][language]).join(between),
    teams: (row) => row.teams.map((team) => teams.get(team) ?? team).join(between),
    state: ({ state }) => stateWords[state][language],
    cards: (row) => String(row.cards),
  };
  const heading = columns.map((column) => columnWords[column][language]);
  const rows = volunteers.map((row) => columns.map((column) => cells[column](row)));
  const bytes = encoded(writeCsv([heading, ...rows]), encoding);
  await store.db
    .transaction()
    .execute((trx) =>
      noteAction(trx, by, 'volunteer export', 'volunteers', { rows: rows.length, encoding }),
    );
  return { bytes, rows: rows.length };
}

function encoded(text: string, encoding: WrittenEncoding): Uint8Array {
  try {
    return encodeText(text, encoding);
  } catch (error) {
    if (error instanceof NotInEncoding) throw new Refusal(`${error.message}: choose another`);
    throw error;
  }
}
