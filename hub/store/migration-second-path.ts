/** By what else a test was sent than by the broker, and what came of it; in any order. */
export const secondPathMigration = `
ALTER TABLE station_test ADD COLUMN paths TEXT;

CREATE TABLE second_path_try (
  id INTEGER PRIMARY KEY, station TEXT NOT NULL REFERENCES station(id), epoch TEXT NOT NULL,
  test_seq INTEGER NOT NULL, path TEXT NOT NULL CHECK (path IN ('https', 'relay')),
  took_ms INTEGER, detail TEXT NOT NULL,
  UNIQUE (station, epoch, test_seq, path)
) STRICT;
`;
