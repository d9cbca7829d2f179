/**
 * By when the boot of a lane's newest entry must have begun, by when its entries came. Where nobody has
 * kept it yet it is unknown, until the next entry comes.
 */
export const bootLatestMigration = `
ALTER TABLE lane ADD COLUMN boot_latest_ms INTEGER;
`;
