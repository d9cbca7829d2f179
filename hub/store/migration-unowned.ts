/** Taps of cards that are nobody's yet are looked for when such a card is given to somebody. */
export const unownedMigration = `
CREATE INDEX check_in_unowned ON check_in (card) WHERE volunteer_id IS NULL;
`;
