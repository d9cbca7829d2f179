import type { Generated } from 'kysely';
import type { Help, Language, Role, StationKind } from '../people/words.ts';

/** Who the volunteers are, and what people ask of a station. */
export interface PeopleTables {
  volunteer: VolunteerTable;
  volunteer_role: { volunteer_id: string; role: Role };
  volunteer_pause: VolunteerPauseTable;
  team: TeamTable;
  team_member: TeamMemberTable;
  station_detail: StationDetailTable;
  station_help: { station: string; help: Help };
  /** ISO 639 codes. */
  station_language: { station: string; language: string };
}

interface VolunteerTable {
  id: string;
  name: string;
  created_at: number;
  /** What the feed may call this volunteer; null: by the id alone. */
  display_name: string | null;
  /** What another list calls this volunteer, such as a staff number. */
  external_id: string | null;
  language: Generated<Language>;
  /** When all that told who it is was removed. */
  erased_ms: Generated<number | null>;
}

interface VolunteerPauseTable {
  id: Generated<number>;
  volunteer_id: string;
  from_ms: number;
  /** null while it lasts. */
  until_ms: number | null;
  paused_by: string;
  resumed_by: string | null;
}

interface TeamTable {
  id: string;
  name_zh: string;
  name_en: string;
  name_ko: string;
  created_at: number;
}

interface TeamMemberTable {
  id: Generated<number>;
  team_id: string;
  volunteer_id: string;
  from_ms: number;
  /** null for who is a member. */
  until_ms: number | null;
}

interface StationDetailTable {
  station: string;
  name_zh: string | null;
  name_en: string | null;
  name_ko: string | null;
  address: string | null;
  kind: StationKind | null;
}
