/** What is still to be dated anew of a lane, piece by piece: also by a hub that was stopped meanwhile. */
export const datingAnewMigration = `
ALTER TABLE lane ADD COLUMN anew_from INTEGER;
`;
