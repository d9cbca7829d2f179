/**
 * An alarm that was resolved without having been acknowledged says so. It used to be given its
 * resolution as an acknowledgement too, and can be told by that: the two are the same, and no operator
 * acknowledged it.
 */
export const unacknowledgedMigration = `
DROP TRIGGER alarm_stays_acknowledged;
UPDATE alarm SET acknowledged_ms = NULL, acknowledged_by = NULL
  WHERE acknowledged_ms = resolved_ms AND acknowledged_by = resolved_by AND NOT EXISTS (
    SELECT 1 FROM operator_action
    WHERE action = 'alarm acknowledged' AND subject = CAST(alarm.id AS TEXT));
CREATE TRIGGER alarm_stays_acknowledged BEFORE UPDATE ON alarm
  WHEN OLD.acknowledged_ms IS NOT NULL AND (NEW.acknowledged_ms IS NOT OLD.acknowledged_ms
    OR NEW.acknowledged_by IS NOT OLD.acknowledged_by)
  BEGIN SELECT RAISE(ABORT, 'an acknowledgement is never changed'); END;
CREATE TRIGGER alarm_stays_unacknowledged BEFORE UPDATE ON alarm
  WHEN OLD.resolved_ms IS NOT NULL AND OLD.acknowledged_ms IS NULL
    AND NEW.acknowledged_ms IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'that nobody acknowledged it in time is never changed'); END;
`;
