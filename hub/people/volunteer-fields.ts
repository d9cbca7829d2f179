import {
  cleanText,
  displayNameCharactersMax,
  externalIdCharactersMax,
  nameCharactersMax,
  requiredFault,
  textFault,
} from './clean-text.ts';
import { keysOf, type Language, type Role, roleWords } from './words.ts';

/** What the scheme knows of a volunteer, and no more (DESIGN, "Trust": people). */
export interface VolunteerFields {
  /** Name or alias. */
  readonly name: string;
  /** What the feed may call this volunteer; null, as long as nobody asked for it: by the id alone. */
  readonly displayName: string | null;
  /** What another list calls this volunteer, such as a staff number. */
  readonly externalId: string | null;
  readonly language: Language;
  readonly roles: readonly Role[];
  /** Ids of the teams that the volunteer is a member of. */
  readonly teams: readonly string[];
}

/** What holds for a new volunteer where nothing else is said. */
export const newVolunteer: Omit<VolunteerFields, 'name'> = {
  displayName: null,
  externalId: null,
  language: 'zh',
  roles: [],
  teams: [],
};

const blankToNull = (text: string | null): string | null =>
  text === null ? null : cleanText(text) || null;

/** In the form in which they are stored: the same fields are equal whoever typed them. */
export const cleanFields = (fields: VolunteerFields): VolunteerFields => ({
  name: cleanText(fields.name),
  displayName: blankToNull(fields.displayName),
  externalId: blankToNull(fields.externalId),
  language: fields.language,
  roles: keysOf(roleWords).filter((role) => fields.roles.includes(role)),
  teams: [...new Set(fields.teams)].sort(),
});

/** @param fields cleaned already. @returns all that is wrong with them */
export function fieldFaults({ name, displayName, externalId }: VolunteerFields): string[] {
  return [
    requiredFault('a name', name, nameCharactersMax),
    textFault('the display name', displayName ?? '', displayNameCharactersMax),
    textFault('the external id', externalId ?? '', externalIdCharactersMax),
  ].filter((fault) => fault !== undefined);
}

/** @returns which of them differ. Both are cleaned already. */
export const changedFields = (
  before: VolunteerFields,
  after: VolunteerFields,
): (keyof VolunteerFields)[] =>
  (['name', 'displayName', 'externalId', 'language', 'roles', 'teams'] as const).filter(
    (field) => String(before[field]) !== String(after[field]),
  );
