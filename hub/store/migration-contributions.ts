/**
 * What volunteers contributed beside their rounds: one person records it, another decides. The text
 * stands apart, since it may name people: it is read by few, and is gone before the points are.
 */
export const contributionsMigration = `
INSERT INTO account (id, volunteer_id, balance) VALUES ('scheme:issued-for-contributions', NULL, 0);

CREATE TABLE contribution (
  id INTEGER PRIMARY KEY AUTOINCREMENT, volunteer TEXT NOT NULL REFERENCES volunteer(id),
  kind TEXT NOT NULL, day TEXT NOT NULL, points INTEGER NOT NULL CHECK (points > 0),
  recorded_by TEXT NOT NULL, recorded_ms INTEGER NOT NULL,
  decision TEXT CHECK (decision IN ('approved', 'refused')), decided_by TEXT, decided_ms INTEGER,
  note TEXT,
  CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_ms IS NULL)
    AND (decision IS NOT NULL OR note IS NULL))
) STRICT;
CREATE INDEX contribution_undecided ON contribution (id) WHERE decision IS NULL;
CREATE INDEX contribution_of_volunteer ON contribution (volunteer, day);
CREATE TRIGGER contribution_is_what_was_recorded
  BEFORE UPDATE OF id, volunteer, kind, day, points, recorded_by, recorded_ms ON contribution
  BEGIN SELECT RAISE(ABORT, 'what was recorded is never changed'); END;
CREATE TRIGGER contribution_decision_is_final
  BEFORE UPDATE ON contribution WHEN OLD.decision IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a decision on a contribution is never changed'); END;
CREATE TRIGGER contribution_stays BEFORE DELETE ON contribution
  BEGIN SELECT RAISE(ABORT, 'a contribution is never deleted'); END;

CREATE TABLE contribution_text (
  contribution INTEGER PRIMARY KEY REFERENCES contribution(id), text TEXT NOT NULL
) STRICT;
`;
