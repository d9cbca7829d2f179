/**
 * Who the volunteers are, beside their names. A pause is kept with its beginning and its end: what a
 * check-in earns depends on whether it happened within one, however late it comes. Memberships are kept
 * the same way, so that a report on a past month knows who was in the team then.
 */
export const peopleMigration = `
ALTER TABLE volunteer ADD COLUMN display_name TEXT CHECK (trim(display_name) <> '');
ALTER TABLE volunteer ADD COLUMN external_id TEXT CHECK (trim(external_id) <> '');
ALTER TABLE volunteer ADD COLUMN language TEXT NOT NULL DEFAULT 'zh'
  CHECK (language IN ('zh', 'en', 'ko'));
CREATE UNIQUE INDEX volunteer_external ON volunteer (external_id) WHERE external_id IS NOT NULL;

CREATE TABLE volunteer_role (
  volunteer_id TEXT NOT NULL REFERENCES volunteer(id),
  role TEXT NOT NULL CHECK (role IN
    ('grid-leader', 'building-head', 'property-guard', 'sanitation-worker', 'other')),
  PRIMARY KEY (volunteer_id, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE volunteer_pause (
  id INTEGER PRIMARY KEY AUTOINCREMENT, volunteer_id TEXT NOT NULL REFERENCES volunteer(id),
  from_ms INTEGER NOT NULL, until_ms INTEGER CHECK (until_ms >= from_ms),
  paused_by TEXT NOT NULL CHECK (trim(paused_by) <> ''), resumed_by TEXT
) STRICT;
CREATE INDEX pause_of_volunteer ON volunteer_pause (volunteer_id);
CREATE UNIQUE INDEX volunteer_paused ON volunteer_pause (volunteer_id) WHERE until_ms IS NULL;
CREATE TRIGGER pause_ends_once BEFORE UPDATE ON volunteer_pause
  WHEN OLD.until_ms IS NOT NULL OR NEW.id IS NOT OLD.id
    OR NEW.volunteer_id IS NOT OLD.volunteer_id OR NEW.from_ms IS NOT OLD.from_ms
    OR NEW.paused_by IS NOT OLD.paused_by
  BEGIN SELECT RAISE(ABORT, 'a pause is only ended, and once'); END;
CREATE TRIGGER pause_stays BEFORE DELETE ON volunteer_pause
  BEGIN SELECT RAISE(ABORT, 'a pause is never deleted'); END;

CREATE TABLE team (
  id TEXT PRIMARY KEY, name_zh TEXT NOT NULL, name_en TEXT NOT NULL, name_ko TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE team_member (
  id INTEGER PRIMARY KEY AUTOINCREMENT, team_id TEXT NOT NULL REFERENCES team(id),
  volunteer_id TEXT NOT NULL REFERENCES volunteer(id),
  from_ms INTEGER NOT NULL, until_ms INTEGER CHECK (until_ms >= from_ms)
) STRICT;
CREATE UNIQUE INDEX team_member_now ON team_member (volunteer_id, team_id) WHERE until_ms IS NULL;
CREATE INDEX member_of_team ON team_member (team_id);

CREATE TABLE station_detail (
  station TEXT PRIMARY KEY REFERENCES station(id),
  name_zh TEXT, name_en TEXT, name_ko TEXT, address TEXT,
  kind TEXT CHECK (kind IN ('shop', 'hotel', 'bank', 'pharmacy', 'other'))
) STRICT, WITHOUT ROWID;

CREATE TABLE station_help (
  station TEXT NOT NULL REFERENCES station(id),
  help TEXT NOT NULL CHECK (help IN ('rest-seats', 'water', 'first-aid', 'aed')),
  PRIMARY KEY (station, help)
) STRICT, WITHOUT ROWID;

CREATE TABLE station_language (
  station TEXT NOT NULL REFERENCES station(id), language TEXT NOT NULL,
  PRIMARY KEY (station, language)
) STRICT, WITHOUT ROWID;
`;
