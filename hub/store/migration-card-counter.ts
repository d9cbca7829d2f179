/**
 * The highest counter of each card among the messages that retention and erasure have removed: no
 * message up to it proves anything any more, or one that was recorded could be used again once nobody
 * knows of its first use. What was there when the counter was kept stays as it was judged: `through`
 * is the last entry of that time. It tells neither where nor when a card was, and stays for good.
 */
export const cardCounterMigration = `
CREATE TABLE card_counter (
  card TEXT PRIMARY KEY, counter INTEGER NOT NULL, through INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO card_counter SELECT card, max(counter), (SELECT max(id) FROM journal)
  FROM sun_reading WHERE fault IS NULL
    AND journal_id IN (SELECT id FROM journal WHERE emptied_by IS NOT NULL)
  GROUP BY card;
DELETE FROM sun_reading
  WHERE journal_id IN (SELECT id FROM journal WHERE emptied_by IS NOT NULL);
`;
