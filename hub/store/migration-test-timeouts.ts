/**
 * When a test that an operator asked for was given up, since the station had not answered. Those of
 * before are given up as well: whoever asked has long gone.
 */
export const testTimeoutsMigration = `
ALTER TABLE station_test ADD COLUMN timed_out_ms INTEGER;
UPDATE station_test SET timed_out_ms = requested_ms
  WHERE requested_ms IS NOT NULL AND stored_ms IS NULL;
CREATE INDEX station_test_awaited ON station_test (id)
  WHERE requested_ms IS NOT NULL AND stored_ms IS NULL AND timed_out_ms IS NULL;
`;
