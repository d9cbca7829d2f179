/**
 * Retention and erasure. A transfer stays for good, but for those of check-ins whose details have been
 * kept long enough: within one transaction a slice of a retention run is opened, which lets go of the
 * transfers of one volunteer and month from before the run's day, for check-ins and bounties, and is
 * closed again. `retention_door` is empty for ever, so that the deferred reference of an open slice keeps
 * the transaction from being committed. `transfer` no longer refers to `check_in`: to delete a check-in would search all transfers,
 * and an index for it would slow each tap. The audit holds the two against each other.
 */
export const privacyMigration = `
CREATE TABLE new_transfer (
  id INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL UNIQUE,
  debit TEXT NOT NULL REFERENCES account(id), credit TEXT NOT NULL REFERENCES account(id),
  amount INTEGER NOT NULL CHECK (amount > 0), code TEXT NOT NULL, at INTEGER NOT NULL,
  check_in_id INTEGER, reason TEXT NOT NULL, CHECK (debit <> credit)
) STRICT;
INSERT INTO new_transfer SELECT id, reference, debit, credit, amount, code, at, check_in_id, reason
  FROM transfer ORDER BY id;
DROP TABLE transfer;
ALTER TABLE new_transfer RENAME TO transfer;
CREATE INDEX transfer_to ON transfer (credit, id) WHERE check_in_id IS NULL;
CREATE INDEX transfer_from ON transfer (debit, id) WHERE check_in_id IS NULL;
CREATE TRIGGER transfer_is_final BEFORE UPDATE ON transfer
  BEGIN SELECT RAISE(ABORT, 'a transfer is never changed'); END;

CREATE TABLE retention_run (
  id INTEGER PRIMARY KEY AUTOINCREMENT, before_day TEXT NOT NULL,
  volunteer_id TEXT REFERENCES volunteer(id), by TEXT NOT NULL CHECK (trim(by) <> ''),
  at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER retention_run_is_final BEFORE UPDATE ON retention_run
  BEGIN SELECT RAISE(ABORT, 'a retention run is never changed'); END;
CREATE TRIGGER retention_run_stays BEFORE DELETE ON retention_run
  BEGIN SELECT RAISE(ABORT, 'a retention run is never deleted'); END;

CREATE TABLE retention_door (id INTEGER PRIMARY KEY) STRICT;
CREATE TRIGGER retention_door_is_shut BEFORE INSERT ON retention_door
  BEGIN SELECT RAISE(ABORT, 'a slice of a retention run is never left open'); END;

CREATE TABLE retention_slice (
  id INTEGER PRIMARY KEY AUTOINCREMENT, run_id INTEGER NOT NULL REFERENCES retention_run(id),
  volunteer_id TEXT REFERENCES volunteer(id), month TEXT NOT NULL,
  open INTEGER REFERENCES retention_door(id) DEFERRABLE INITIALLY DEFERRED,
  check_ins INTEGER NOT NULL DEFAULT 0, transfers INTEGER NOT NULL DEFAULT 0,
  points INTEGER NOT NULL DEFAULT 0, bounties INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX retention_slice_open ON retention_slice (id) WHERE open IS NOT NULL;
CREATE TRIGGER retention_slice_begins_open BEFORE INSERT ON retention_slice WHEN NEW.open IS NULL
  BEGIN SELECT RAISE(ABORT, 'a slice of a retention run begins open'); END;
CREATE TRIGGER retention_slice_is_closed_once BEFORE UPDATE ON retention_slice
  WHEN OLD.open IS NULL OR NEW.open IS NOT NULL OR NEW.id IS NOT OLD.id
    OR NEW.run_id IS NOT OLD.run_id OR NEW.volunteer_id IS NOT OLD.volunteer_id
    OR NEW.month IS NOT OLD.month
  BEGIN SELECT RAISE(ABORT, 'a slice of a retention run is closed once'); END;
CREATE TRIGGER retention_slice_stays BEFORE DELETE ON retention_slice
  BEGIN SELECT RAISE(ABORT, 'a slice of a retention run is never deleted'); END;

CREATE TRIGGER transfer_stays BEFORE DELETE ON transfer
  WHEN NOT EXISTS (
    SELECT 1 FROM retention_slice slice JOIN retention_run run ON run.id = slice.run_id
      LEFT JOIN check_in ON check_in.journal_id = OLD.check_in_id
      WHERE slice.open IS NOT NULL AND (
        (check_in.day < run.before_day AND substr(check_in.day, 1, 7) = slice.month
          AND check_in.volunteer_id IS slice.volunteer_id)
        OR (OLD.code <> 'bounties-summed' AND slice.month || '-31' < run.before_day
          AND OLD.reference GLOB 'bounty/' || slice.month || '/' || slice.volunteer_id || '/*')))
  BEGIN SELECT RAISE(ABORT, 'a transfer is never deleted'); END;

ALTER TABLE journal ADD COLUMN emptied_by INTEGER REFERENCES retention_slice(id);
CREATE TRIGGER journal_is_emptied_by_a_slice BEFORE UPDATE OF emptied_by ON journal
  WHEN OLD.emptied_by IS NOT NULL OR NOT EXISTS (
    SELECT 1 FROM retention_slice WHERE id = NEW.emptied_by AND open IS NOT NULL)
  BEGIN SELECT RAISE(ABORT, 'an entry is emptied once, by an open slice'); END;

ALTER TABLE volunteer ADD COLUMN erased_ms INTEGER;
CREATE TRIGGER volunteer_stays_erased BEFORE UPDATE ON volunteer WHEN OLD.erased_ms IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'who was erased stays erased'); END;
CREATE TRIGGER volunteer_stays BEFORE DELETE ON volunteer
  BEGIN SELECT RAISE(ABORT, 'a volunteer is erased, and never deleted'); END;
DROP TRIGGER card_event_stays;
CREATE TRIGGER card_event_stays BEFORE DELETE ON card_event
  WHEN EXISTS (SELECT 1 FROM volunteer WHERE id = OLD.volunteer_id AND erased_ms IS NULL)
  BEGIN SELECT RAISE(ABORT, 'what became of a card is never deleted'); END;
CREATE TRIGGER card_of_nobody_erased BEFORE INSERT ON card
  WHEN EXISTS (SELECT 1 FROM volunteer WHERE id = NEW.volunteer_id AND erased_ms IS NOT NULL)
  BEGIN SELECT RAISE(ABORT, 'who was erased gets no card'); END;
`;
