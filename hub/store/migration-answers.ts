/**
 * Answers that are still to be told to those who were called for an alarm: written with the answer
 * itself, so that a hub that ends in between tells them when it is back, and gone once they are told.
 */
export const answersMigration = `
CREATE TABLE untold_answer (
  alarm_id INTEGER NOT NULL REFERENCES alarm(id),
  state TEXT NOT NULL CHECK (state IN ('acknowledged', 'resolved')),
  PRIMARY KEY (alarm_id, state)
) STRICT, WITHOUT ROWID;
`;
