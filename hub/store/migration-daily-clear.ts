/**
 * 每日清, and an alarm whose steps nobody takes back. `day_cleared` names each matter (`alarm:12`,
 * `trouble:3`) that a close found done: what stands there appears on no later list, everything else
 * does. Hence the database itself refuses to clear an alarm that nobody resolved. When an alarm was
 * raised may become earlier: a station's light may tell of it before its own entry, which knows better.
 */
export const dailyClearMigration = `
CREATE TABLE day_close (
  day TEXT PRIMARY KEY CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
  by TEXT NOT NULL CHECK (trim(by) <> ''), at INTEGER NOT NULL,
  summary TEXT NOT NULL CHECK (json_valid(summary))
) STRICT;
CREATE TRIGGER day_close_in_order BEFORE INSERT ON day_close
  WHEN EXISTS (SELECT 1 FROM day_close WHERE day >= NEW.day)
  BEGIN SELECT RAISE(ABORT, 'days are closed once, and in order'); END;
CREATE TRIGGER day_close_is_final BEFORE UPDATE ON day_close
  BEGIN SELECT RAISE(ABORT, 'a closed day is never changed'); END;
CREATE TRIGGER day_close_stays BEFORE DELETE ON day_close
  BEGIN SELECT RAISE(ABORT, 'a closed day is never deleted'); END;

CREATE TABLE day_carry (
  day TEXT NOT NULL REFERENCES day_close(day), subject TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (trim(reason) <> ''), by TEXT NOT NULL CHECK (trim(by) <> ''),
  PRIMARY KEY (subject, day)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER day_carry_is_final BEFORE UPDATE ON day_carry
  BEGIN SELECT RAISE(ABORT, 'what was carried over is never changed'); END;
CREATE TRIGGER day_carry_stays BEFORE DELETE ON day_carry
  BEGIN SELECT RAISE(ABORT, 'what was carried over is never deleted'); END;

CREATE TABLE day_cleared (
  subject TEXT PRIMARY KEY, day TEXT NOT NULL REFERENCES day_close(day)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER day_cleared_is_done BEFORE INSERT ON day_cleared
  WHEN NEW.subject GLOB 'alarm:*' AND NOT EXISTS (
    SELECT 1 FROM alarm WHERE id = CAST(substr(NEW.subject, 7) AS INTEGER)
      AND 'alarm:' || id = NEW.subject AND resolved_ms IS NOT NULL)
  BEGIN SELECT RAISE(ABORT, 'only a resolved alarm is cleared'); END;
CREATE TRIGGER day_cleared_is_final BEFORE UPDATE ON day_cleared
  BEGIN SELECT RAISE(ABORT, 'what was cleared is never changed'); END;
CREATE TRIGGER day_cleared_stays BEFORE DELETE ON day_cleared
  BEGIN SELECT RAISE(ABORT, 'what was cleared is never deleted'); END;

CREATE TRIGGER alarm_stays BEFORE DELETE ON alarm
  BEGIN SELECT RAISE(ABORT, 'an alarm is never deleted'); END;
CREATE TRIGGER alarm_is_what_it_is BEFORE UPDATE ON alarm
  WHEN NEW.id IS NOT OLD.id OR NEW.station IS NOT OLD.station OR NEW.epoch IS NOT OLD.epoch
    OR NEW.seq IS NOT OLD.seq OR NEW.raised_ms > OLD.raised_ms
    OR NEW.stored_ms IS NOT OLD.stored_ms
  BEGIN SELECT RAISE(ABORT, 'what an alarm was raised as is never changed'); END;
CREATE TRIGGER alarm_stays_acknowledged BEFORE UPDATE ON alarm
  WHEN OLD.acknowledged_ms IS NOT NULL AND (NEW.acknowledged_ms IS NOT OLD.acknowledged_ms
    OR NEW.acknowledged_by IS NOT OLD.acknowledged_by)
  BEGIN SELECT RAISE(ABORT, 'an acknowledgement is never changed'); END;
CREATE TRIGGER alarm_stays_resolved BEFORE UPDATE ON alarm
  WHEN OLD.resolved_ms IS NOT NULL AND (NEW.resolved_ms IS NOT OLD.resolved_ms
    OR NEW.resolved_by IS NOT OLD.resolved_by OR NEW.cause IS NOT OLD.cause
    OR NEW.note IS NOT OLD.note)
  BEGIN SELECT RAISE(ABORT, 'a resolution is never changed'); END;
CREATE TRIGGER alarm_stays_marked BEFORE UPDATE ON alarm
  WHEN OLD.mistake_ms IS NOT NULL AND NEW.mistake_ms IS NOT OLD.mistake_ms
  BEGIN SELECT RAISE(ABORT, 'the mark of a mistake is never changed'); END;
CREATE INDEX alarm_of_station ON alarm (station, raised_ms);

INSERT INTO alarm_event (alarm_id, at, event)
  SELECT id, stored_ms, 'stored' FROM alarm ORDER BY id;
`;
