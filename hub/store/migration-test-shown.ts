/**
 * What the station's light said of a test, which only it can tell. Before, a test was taken for a
 * success when it was stored soon enough; those of then stay one. What the light said of others is not
 * known any more.
 */
export const testShownMigration = `
CREATE TABLE test_shown (
  id INTEGER PRIMARY KEY, station TEXT NOT NULL REFERENCES station(id), epoch TEXT NOT NULL,
  test_seq INTEGER NOT NULL, light TEXT NOT NULL CHECK (light IN ('stored', 'undelivered')),
  took_ms INTEGER, in_time INTEGER NOT NULL CHECK (in_time IN (0, 1)),
  UNIQUE (station, epoch, test_seq)
) STRICT;
INSERT INTO test_shown (station, epoch, test_seq, light, in_time)
  SELECT station, epoch, seq, 'stored', 1 FROM station_test WHERE in_time = 1;
DROP INDEX station_test_in_time;
ALTER TABLE station_test DROP COLUMN in_time;
`;
