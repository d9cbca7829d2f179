/**
 * Cards that an operator waits for at a station, until one came twice alike, nobody waits any more, or
 * the time is over. `enrolment_read` names the check-ins that were such readings: they earn nothing.
 */
export const enrolmentMigration = `
CREATE TABLE enrolment (
  id INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL UNIQUE,
  station TEXT NOT NULL REFERENCES station(id), volunteer_id TEXT NOT NULL REFERENCES volunteer(id),
  by TEXT NOT NULL CHECK (trim(by) <> ''), asked_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,
  replaces TEXT, read TEXT, refused TEXT, ended_ms INTEGER,
  result TEXT CHECK (result IN ('enrolled', 'cancelled'))
) STRICT;
CREATE INDEX enrolment_open ON enrolment (station) WHERE ended_ms IS NULL;

CREATE TABLE enrolment_read (
  journal_id INTEGER PRIMARY KEY REFERENCES journal(id),
  enrolment_id INTEGER NOT NULL REFERENCES enrolment(id)
) STRICT;
`;
