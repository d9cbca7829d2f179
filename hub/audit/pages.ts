/** Rows of one query: bounds memory, whatever the table has grown to. */
export const rowsPerPage = 5_000;

/**
 * All rows of a table in the order of a key, some thousands at a time.
 * @param read gives the next rows behind a key, at most `rowsPerPage` of them; undefined for the first
 */
export async function* pages<Row, Key>(
  read: (after: Key | undefined) => Promise<Row[]>,
  keyOf: (row: Row) => Key,
): AsyncGenerator<Row[]> {
  let after: Key | undefined;
  for (;;) {
    const rows = await read(after);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsPerPage) return;
    after = keyOf(last);
  }
}
