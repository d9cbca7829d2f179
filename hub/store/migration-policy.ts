/**
 * A policy is published once, for days that nobody has checked in on yet: the database itself refuses to
 * change the rules of days gone. A check-in keeps the minute of its day beside its day, as its clock said
 * where the scheme is, so that night hours are judged alike whatever time zone is set later; null for
 * those stored before, on days whose policy has no night hours.
 */
export const policyMigration = `
ALTER TABLE check_in ADD COLUMN minute INTEGER CHECK (minute BETWEEN 0 AND 1439);

ALTER TABLE policy ADD COLUMN published_at INTEGER;
ALTER TABLE policy ADD COLUMN published_by TEXT CHECK (trim(published_by) <> '');
CREATE TRIGGER policy_is_final BEFORE UPDATE ON policy
  BEGIN SELECT RAISE(ABORT, 'a policy is never changed'); END;
CREATE TRIGGER policy_stays BEFORE DELETE ON policy
  BEGIN SELECT RAISE(ABORT, 'a policy is never deleted'); END;
CREATE TRIGGER policy_is_for_days_to_come BEFORE INSERT ON policy
  WHEN EXISTS (SELECT 1 FROM check_in WHERE day >= NEW.effective_from AND counts = 1)
  BEGIN SELECT RAISE(ABORT, 'old days keep their policy'); END;

INSERT INTO account (id, volunteer_id, balance) VALUES ('scheme:issued-for-bounties', NULL, 0);
`;
