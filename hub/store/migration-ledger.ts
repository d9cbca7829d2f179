/**
 * The scheme's accounts beside the one for check-ins, and corrections that people ask for: one of them
 * asks, above a limit another one decides, and neither what was asked nor the decision ever changes.
 * A volunteer's transfers for check-ins are found by the check-ins; an index for them would slow each tap.
 */
export const ledgerMigration = `
INSERT INTO account (id, volunteer_id, balance) VALUES
  ('scheme:corrections', NULL, 0), ('scheme:expired', NULL, 0);

CREATE INDEX transfer_to ON transfer (credit, id) WHERE check_in_id IS NULL;
CREATE INDEX transfer_from ON transfer (debit, id) WHERE check_in_id IS NULL;

CREATE TABLE correction (
  id INTEGER PRIMARY KEY AUTOINCREMENT, volunteer TEXT NOT NULL REFERENCES volunteer(id),
  points INTEGER NOT NULL CHECK (points <> 0), reason TEXT NOT NULL, asked_by TEXT NOT NULL,
  asked_ms INTEGER NOT NULL, decision TEXT CHECK (decision IN ('approved', 'refused')),
  decided_by TEXT, decided_ms INTEGER,
  CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_ms IS NULL))
) STRICT;
CREATE INDEX correction_undecided ON correction (id) WHERE decision IS NULL;
CREATE TRIGGER correction_is_what_was_asked
  BEFORE UPDATE OF id, volunteer, points, reason, asked_by, asked_ms ON correction
  BEGIN SELECT RAISE(ABORT, 'what was asked for is never changed'); END;
CREATE TRIGGER correction_decision_is_final BEFORE UPDATE ON correction WHEN OLD.decision IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a decision on a correction is never changed'); END;
CREATE TRIGGER correction_stays BEFORE DELETE ON correction
  BEGIN SELECT RAISE(ABORT, 'a correction is never deleted'); END;
`;
