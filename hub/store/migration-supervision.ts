/**
 * Troubles with a beginning and an end, tests of the alarm's way, and how long a station may be silent.
 * What is trouble already when this is applied begins with it.
 */
export const supervisionMigration = `
ALTER TABLE station ADD COLUMN silent_after_ms INTEGER;

CREATE TABLE trouble (
  id INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT REFERENCES station(id), kind TEXT NOT NULL,
  part TEXT NOT NULL, detail TEXT NOT NULL, begun_ms INTEGER NOT NULL, told_ms INTEGER NOT NULL,
  ended_ms INTEGER, ended_by TEXT, note TEXT
) STRICT;
CREATE UNIQUE INDEX trouble_open ON trouble (ifnull(station, ''), kind, part) WHERE ended_ms IS NULL;
CREATE INDEX trouble_of_station ON trouble (station, kind, part) WHERE ended_ms IS NULL;
CREATE TRIGGER trouble_end_is_final
  BEFORE UPDATE OF station, kind, part, begun_ms, ended_ms ON trouble WHEN OLD.ended_ms IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a trouble that has ended is never changed'); END;
CREATE TRIGGER trouble_stays BEFORE DELETE ON trouble
  BEGIN SELECT RAISE(ABORT, 'a trouble is never deleted'); END;

INSERT INTO trouble (station, kind, part, detail, begun_ms, told_ms)
  SELECT station, state, '', '', since_ms, since_ms FROM station_presence
  JOIN station ON station.id = station
  WHERE state IN ('offline', 'silent') AND revoked_at IS NULL;
INSERT INTO trouble (station, kind, part, detail, begun_ms, told_ms)
  SELECT station, 'fork', epoch, count(*) || ' entries wait for a decision',
    min(received_ms), max(received_ms)
  FROM set_aside JOIN station ON station.id = station
  WHERE decision IS NULL AND revoked_at IS NULL GROUP BY station, epoch;

CREATE TABLE station_test (
  id INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT NOT NULL REFERENCES station(id),
  by TEXT NOT NULL CHECK (by IN ('operator', 'unit')), request TEXT UNIQUE, operator TEXT,
  requested_ms INTEGER, epoch TEXT, seq INTEGER, at_ms INTEGER, stored_ms INTEGER,
  in_time INTEGER NOT NULL DEFAULT 0 CHECK (in_time IN (0, 1)), legs TEXT,
  UNIQUE (station, epoch, seq)
) STRICT;
CREATE INDEX station_test_in_time ON station_test (station, at_ms) WHERE in_time = 1;
`;
