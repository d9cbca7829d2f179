import { newVolunteerId } from '../../shared/ids.ts';
import type { KnownVolunteer } from './load-volunteers.ts';
import type { SavedVolunteer } from './save-volunteers.ts';
import { type KnownTeam, teamFinder } from './teams.ts';
import type { RowDraft } from './volunteer-columns.ts';
import { changedFields, cleanFields, fieldFaults, newVolunteer } from './volunteer-fields.ts';
import type { VolunteerState } from './words.ts';

/** What is known when a list is read. */
export interface Register {
  readonly volunteers: ReadonlyMap<string, KnownVolunteer>;
  readonly teams: readonly KnownTeam[];
  /** Whose each card is, by its token. */
  readonly owners: ReadonlyMap<string, string>;
  /** @returns the token of a UID, or undefined when it is none */
  tokenOf(uid: string): string | undefined;
}

/** What is to be done for one row. */
export interface RowPlan {
  readonly line: number;
  readonly saved: SavedVolunteer;
  /** Whether anything of the fields is new. */
  readonly isChanged: boolean;
  /** The state that the volunteer is to change to. */
  readonly state: VolunteerState | undefined;
  /** Tokens of the cards that are not the volunteer's yet. */
  readonly cards: readonly string[];
}

export interface BadRow {
  readonly line: number;
  readonly faults: readonly string[];
}

/**
 * Works out whom each row is about, and what it changes. Rows are told apart by id or external id, so that
 * the same list can be read again; one that has neither is a new volunteer, of a name that is nobody's.
 */
export class ImportPlan {
  readonly rows: RowPlan[] = [];
  readonly bad: BadRow[] = [];
  readonly #register: Register;
  readonly #findTeam: (text: string) => KnownTeam | undefined;
  readonly #byExternalId = new Map<string, KnownVolunteer>();
  readonly #names = new Set<string>();
  /** The line on which each volunteer, external id and card was first named. */
  readonly #seen = new Map<string, number>();

  constructor(register: Register) {
    this.#register = register;
    this.#findTeam = teamFinder(register.teams);
    for (const one of register.volunteers.values()) {
      if (one.externalId !== null) this.#byExternalId.set(one.externalId, one);
      this.#names.add(one.name);
    }
  }

  add(draft: RowDraft): void {
    const faults = [...draft.faults];
    const before = this.#volunteerOf(draft, faults);
    if (before?.state === 'erased') faults.push('the volunteer was erased, and stays so');
    if (draft.state === 'erased') faults.push('no list erases anybody: see privacy erase');
    const id = before?.id ?? newVolunteerId();
    const teams = draft.teams === undefined ? {} : { teams: this.#teamsOf(draft.teams, faults) };
    const fields = cleanFields({
      ...{ name: '', ...newVolunteer, ...before },
      ...draft.fields,
      ...teams,
    });
    faults.push(...fieldFaults(fields));
    if (before) this.#once(before.id, 'the volunteer is', draft.line, faults);
    if (fields.externalId !== null) {
      this.#once(`external ${fields.externalId}`, 'the external id is', draft.line, faults);
    }
    const cards = this.#cardsOf(draft, id, faults);
    if (faults.length > 0) {
      this.bad.push({ line: draft.line, faults: [...new Set(faults)] });
      return;
    }
    const { state } = draft;
    this.rows.push({
      ...{ line: draft.line, saved: { ...fields, id, before }, cards },
      isChanged: before === undefined || changedFields(before, fields).length > 0,
      state: state === (before?.state ?? 'active') ? undefined : state,
    });
  }

  #volunteerOf({ id, fields, line }: RowDraft, faults: string[]): KnownVolunteer | undefined {
    const externalId = fields.externalId === '' ? undefined : (fields.externalId ?? undefined);
    const byExternalId = externalId === undefined ? undefined : this.#byExternalId.get(externalId);
    if (id !== undefined) {
      const known = this.#register.volunteers.get(id);
      if (!known) faults.push(`there is no volunteer ${id}`);
      if (byExternalId !== undefined && byExternalId.id !== id) {
        faults.push(`the external id is ${byExternalId.id}'s already`);
      }
      return known;
    }
    if (byExternalId || externalId !== undefined) return byExternalId;
    const { name } = fields;
    if (name !== undefined && name !== '') {
      if (this.#names.has(name)) {
        faults.push('somebody of this name is there already: give an id or an external id');
      }
      this.#once(`name ${name}`, 'the name, without an id, is', line, faults);
    }
    return undefined;
  }

  #teamsOf(names: readonly string[], faults: string[]): string[] {
    return names.flatMap((name) => {
      const team = this.#findTeam(name);
      if (!team) faults.push(`no team ${JSON.stringify(name)}: add it first`);
      return team ? [team.id] : [];
    });
  }

  /** No fault names a UID. */
  #cardsOf({ uids, line }: RowDraft, volunteer: string, faults: string[]): string[] {
    return uids.flatMap((uid) => {
      const token = this.#register.tokenOf(uid);
      if (token === undefined) {
        faults.push('a card UID has 4, 7 or 10 bytes, in hex; a spreadsheet drops zeros in front');
        return [];
      }
      const owner = this.#register.owners.get(token);
      if (owner !== undefined && owner !== volunteer) faults.push(`a card is ${owner}'s already`);
      this.#once(`card ${token}`, 'a card is', line, faults);
      return owner === undefined ? [token] : [];
    });
  }

  #once(key: string, what: string, line: number, faults: string[]): void {
    const first = this.#seen.get(key);
    if (first === undefined) this.#seen.set(key, line);
    else faults.push(`${what} ${first === line ? 'twice on this line' : `on line ${first} too`}`);
  }
}
