/**
 * What points can be redeemed for, and who redeems what. A redemption is made reserved, and is handed out
 * or cancelled once; what was agreed on it never changes. The stock of a reward is what was stocked less
 * what is reserved or handed out: it is kept so that one statement can take the last piece, and the audit
 * holds it against the two books.
 */
export const rewardsMigration = `
INSERT INTO account (id, volunteer_id, balance) VALUES
  ('scheme:reserved', NULL, 0), ('scheme:redeemed', NULL, 0);

CREATE TABLE reward (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name_zh TEXT NOT NULL CHECK (trim(name_zh) <> ''),
  name_en TEXT NOT NULL CHECK (trim(name_en) <> ''),
  name_ko TEXT NOT NULL CHECK (trim(name_ko) <> ''),
  cost INTEGER NOT NULL CHECK (cost > 0), stock INTEGER NOT NULL CHECK (stock >= 0),
  person_max INTEGER CHECK (person_max > 0),
  person_period TEXT CHECK (person_period IN ('ever', 'month', 'year')),
  from_day TEXT, to_day TEXT CHECK (to_day >= from_day),
  added_ms INTEGER NOT NULL, retired_ms INTEGER,
  CHECK ((person_max IS NULL) = (person_period IS NULL))
) STRICT;
CREATE TRIGGER reward_stays_retired BEFORE UPDATE ON reward
  WHEN NEW.id IS NOT OLD.id OR NEW.added_ms IS NOT OLD.added_ms
    OR (OLD.retired_ms IS NOT NULL AND NEW.retired_ms IS NOT OLD.retired_ms)
  BEGIN SELECT RAISE(ABORT, 'a reward is retired for good'); END;
CREATE TRIGGER reward_stays BEFORE DELETE ON reward
  BEGIN SELECT RAISE(ABORT, 'a reward is never deleted'); END;

CREATE TABLE reward_stocking (
  id INTEGER PRIMARY KEY AUTOINCREMENT, reward INTEGER NOT NULL REFERENCES reward(id),
  pieces INTEGER NOT NULL CHECK (pieces <> 0), reason TEXT NOT NULL,
  by TEXT NOT NULL CHECK (trim(by) <> ''), at INTEGER NOT NULL
) STRICT;
CREATE INDEX stocking_of_reward ON reward_stocking (reward);
CREATE TRIGGER reward_stocking_is_final BEFORE UPDATE ON reward_stocking
  BEGIN SELECT RAISE(ABORT, 'what was stocked is never changed'); END;
CREATE TRIGGER reward_stocking_stays BEFORE DELETE ON reward_stocking
  BEGIN SELECT RAISE(ABORT, 'what was stocked is never deleted'); END;

CREATE TABLE redemption (
  id INTEGER PRIMARY KEY AUTOINCREMENT, reward INTEGER NOT NULL REFERENCES reward(id),
  volunteer TEXT NOT NULL REFERENCES volunteer(id), points INTEGER NOT NULL CHECK (points > 0),
  code TEXT NOT NULL, day TEXT NOT NULL,
  reserved_by TEXT NOT NULL CHECK (trim(reserved_by) <> ''), reserved_ms INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('reserved', 'handed-out', 'cancelled')),
  closed_by TEXT CHECK (trim(closed_by) <> ''), closed_ms INTEGER,
  reason TEXT CHECK (trim(reason) <> ''),
  CHECK ((state = 'reserved') = (closed_by IS NULL) AND (state = 'reserved') = (closed_ms IS NULL)),
  CHECK ((state = 'cancelled') = (reason IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX redemption_open ON redemption (code) WHERE state = 'reserved';
CREATE INDEX redemption_by_code ON redemption (code);
CREATE INDEX redemption_of_volunteer ON redemption (volunteer, reward, day);
CREATE TRIGGER redemption_begins_reserved BEFORE INSERT ON redemption WHEN NEW.state <> 'reserved'
  BEGIN SELECT RAISE(ABORT, 'a redemption begins as reserved'); END;
CREATE TRIGGER redemption_is_what_was_agreed
  BEFORE UPDATE OF id, reward, volunteer, points, code, day, reserved_by, reserved_ms ON redemption
  BEGIN SELECT RAISE(ABORT, 'what was redeemed is never changed'); END;
CREATE TRIGGER redemption_is_closed_once BEFORE UPDATE ON redemption WHEN OLD.state <> 'reserved'
  BEGIN SELECT RAISE(ABORT, 'a redemption is handed out or cancelled once'); END;
CREATE TRIGGER redemption_stays BEFORE DELETE ON redemption
  BEGIN SELECT RAISE(ABORT, 'a redemption is never deleted'); END;
`;
