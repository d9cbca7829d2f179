/**
 * What NTAG 424 DNA cards wrote when they were tapped, and what that proves. A check-in with a row here
 * that has no fault was made by the card itself (trust `sun`); one without a row is known by the card's
 * UID alone (trust `uid`). `counter` is there when the message is a card's own.
 */
export const sunMigration = `
CREATE TABLE sun_reading (
  journal_id INTEGER PRIMARY KEY REFERENCES journal(id), card TEXT NOT NULL,
  station TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, occurred_ms INTEGER NOT NULL,
  counter INTEGER, fault TEXT CHECK (fault IN
    ('truncated', 'unreadable', 'wrong-mac', 'other-card', 'replayed', 'backwards')),
  CHECK (counter IS NOT NULL OR fault IS NOT NULL)
) STRICT;
CREATE INDEX sun_reading_by_time ON sun_reading (card, occurred_ms);
CREATE INDEX sun_reading_by_counter ON sun_reading (card, counter);
CREATE INDEX sun_reading_refused ON sun_reading (occurred_ms) WHERE fault IS NOT NULL;
`;
