/**
 * What became of cards, each change with its date and who made it. `card` holds what the latest change
 * came to, and since when: taps from before that are judged by `card_event`. A card that was there
 * before is somebody's from the beginning; what it is besides holds from now.
 */
export const cardsMigration = `
CREATE TABLE new_card (
  token TEXT PRIMARY KEY, volunteer_id TEXT NOT NULL REFERENCES volunteer(id),
  status TEXT NOT NULL CHECK (status IN ('active', 'lost', 'blocked', 'replaced', 'returned')),
  since_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO new_card SELECT token, volunteer_id, status,
  CASE status WHEN 'active' THEN 0 ELSE CAST(strftime('%s', 'now') AS INTEGER) * 1000 END FROM card;
DROP TABLE card;
ALTER TABLE new_card RENAME TO card;
CREATE INDEX card_of_volunteer ON card (volunteer_id);
CREATE INDEX card_out_of_use ON card (status) WHERE status <> 'active';

CREATE TABLE card_event (
  id INTEGER PRIMARY KEY AUTOINCREMENT, card TEXT NOT NULL,
  volunteer_id TEXT NOT NULL REFERENCES volunteer(id),
  status TEXT NOT NULL CHECK (status IN ('active', 'lost', 'blocked', 'replaced', 'returned')),
  from_ms INTEGER NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL CHECK (trim(by) <> ''),
  reason TEXT
) STRICT;
CREATE INDEX card_event_of_card ON card_event (card);
CREATE TRIGGER card_event_is_final BEFORE UPDATE ON card_event
  BEGIN SELECT RAISE(ABORT, 'what became of a card is never changed'); END;
CREATE TRIGGER card_event_stays BEFORE DELETE ON card_event
  BEGIN SELECT RAISE(ABORT, 'what became of a card is never deleted'); END;

INSERT INTO card_event (card, volunteer_id, status, from_ms, at, by)
  SELECT token, volunteer_id, 'active', 0, volunteer.created_at, 'before changes were kept'
  FROM card JOIN volunteer ON volunteer.id = volunteer_id;
INSERT INTO card_event (card, volunteer_id, status, from_ms, at, by)
  SELECT token, volunteer_id, status, since_ms, since_ms, 'before changes were kept'
  FROM card WHERE status <> 'active';

CREATE INDEX check_in_refused ON check_in (card, occurred_ms) WHERE outcome = 'blocked-card';
`;
