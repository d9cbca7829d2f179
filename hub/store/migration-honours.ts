/** Honours that a person has awarded; one that was is a fact, and stays. */
export const honoursMigration = `
CREATE TABLE honour (
  id INTEGER PRIMARY KEY AUTOINCREMENT, month TEXT NOT NULL,
  honour TEXT NOT NULL CHECK (honour IN ('star-of-safety', 'patrol-pacesetter')),
  volunteer TEXT NOT NULL REFERENCES volunteer(id), figures TEXT NOT NULL, rank INTEGER,
  awarded_by TEXT NOT NULL, awarded_ms INTEGER NOT NULL, reason TEXT NOT NULL,
  UNIQUE (month, honour, volunteer)
) STRICT;
CREATE TRIGGER honour_is_final BEFORE UPDATE ON honour
  BEGIN SELECT RAISE(ABORT, 'an honour that was awarded is never changed'); END;
CREATE TRIGGER honour_stays BEFORE DELETE ON honour
  BEGIN SELECT RAISE(ABORT, 'an honour that was awarded is never taken away'); END;
`;
