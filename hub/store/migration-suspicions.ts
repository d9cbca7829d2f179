/** What looks odd and waits for a person; nothing follows from a row by itself. */
export const suspicionsMigration = `
CREATE TABLE suspicion (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL UNIQUE,
  volunteers TEXT NOT NULL, check_ins TEXT NOT NULL, figures TEXT NOT NULL, found_ms INTEGER NOT NULL,
  decision TEXT CHECK (decision IN ('confirmed', 'dismissed')), decided_by TEXT, decided_ms INTEGER,
  note TEXT,
  CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_ms IS NULL)
    AND (decision IS NULL) = (note IS NULL))
) STRICT;
CREATE INDEX suspicion_undecided ON suspicion (id) WHERE decision IS NULL;
CREATE TRIGGER suspicion_decision_is_final BEFORE UPDATE ON suspicion WHEN OLD.decision IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a decision on a suspicion is never changed'); END;
`;
