import type { Db } from '../store/schema.ts';
import { cleanText, requiredFault } from './clean-text.ts';
import { type Language, languages, plain } from './words.ts';

export type TeamNames = Readonly<Record<Language, string>>;

export interface KnownTeam {
  readonly id: string;
  readonly name: TeamNames;
}

/** Long enough for the name of a patrol, short enough for a column of a table. */
const teamNameCharactersMax = 60;
/** What stands between two teams in one cell of a table. */
const betweenTeams = /[;；、|\n]/;

export const cleanNames = ({ zh, en, ko }: TeamNames): TeamNames => ({
  zh: cleanText(zh),
  en: cleanText(en),
  ko: cleanText(ko),
});

/** @returns all that is wrong with them. A name must be found again in a list of teams. */
export function teamFaults(names: TeamNames): string[] {
  return languages.flatMap((language) => {
    const name = names[language];
    const what = `the name in ${language}`;
    const fault = requiredFault(what, name, teamNameCharactersMax);
    if (fault !== undefined) return [fault];
    if (betweenTeams.test(name)) return [`${what} must not hold ; 、 | or a new line`];
    return plain(name) === '' ? [`${what} has no letter`] : [];
  });
}

export async function loadTeams(db: Db): Promise<readonly KnownTeam[]> {
  const rows = await db
    .selectFrom('team')
    .select(['id', 'name_zh as zh', 'name_en as en', 'name_ko as ko'])
    .orderBy('name_zh')
    .orderBy('id')
    .execute();
  return rows.map(({ id, ...name }) => ({ id, name }));
}

/** @returns a function that finds a team by its id or by its name in any language. */
export function teamFinder(teams: readonly KnownTeam[]): (text: string) => KnownTeam | undefined {
  const found = new Map<string, KnownTeam>();
  for (const team of teams) {
    for (const word of [team.id, ...Object.values(team.name)]) found.set(plain(word), team);
  }
  return (text) => found.get(plain(text));
}

/** The teams that one cell of a table names. */
export const splitTeams = (cell: string): string[] =>
  cell
    .split(betweenTeams)
    .map((one) => one.trim())
    .filter((one) => one !== '');
