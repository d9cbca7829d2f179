/** Connections of stations that are over: what is said in their name again is a replay. */
export const sessionsMigration = `
CREATE TABLE ended_session (
  id INTEGER PRIMARY KEY, station TEXT NOT NULL REFERENCES station(id), session TEXT NOT NULL,
  closed INTEGER NOT NULL CHECK (closed IN (0, 1)), UNIQUE (station, session)
) STRICT;
CREATE INDEX ended_session_by_age ON ended_session (station, id);
`;
