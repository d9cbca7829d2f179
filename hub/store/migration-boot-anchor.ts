/**
 * When boots of stations began, where their own entries do not tell; and what the hub keeps in mind of
 * a lane's end, so that what comes next is dated as if it had come along with what came before.
 */
export const bootAnchorMigration = `
CREATE TABLE boot_anchor (
  id INTEGER PRIMARY KEY, station TEXT NOT NULL REFERENCES station(id), boot TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  learnt TEXT NOT NULL CHECK (learnt IN ('station-clock', 'receipt-time', 'repeated')),
  UNIQUE (station, boot)
) STRICT;

ALTER TABLE lane ADD COLUMN boot TEXT;
ALTER TABLE lane ADD COLUMN boot_start_ms INTEGER;
ALTER TABLE lane ADD COLUMN dated_by TEXT;
ALTER TABLE lane ADD COLUMN open_seq INTEGER;
`;
