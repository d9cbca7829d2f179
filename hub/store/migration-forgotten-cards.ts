/**
 * Cards of erased people of which nothing else is left, not even whose they were: what was tapped before
 * that moment was theirs, and is never the next owner's.
 */
export const forgottenCardsMigration = `
CREATE TABLE forgotten_card (token TEXT PRIMARY KEY, not_before_ms INTEGER NOT NULL) STRICT;
`;
