import fc from 'fast-check';

/** Letters of the scheme's languages, one outside the basic plane, and all that tables are made of. */
const pieces = fc.oneof(
  fc.constantFrom('李', '金', '阿妈妮', '𠮷', '〇', '·', '김', '순희', '할머니', '꽃'),
  fc.constantFrom('Ann', 'Lee', "O'", ' ', 'é', '€'),
  fc.constantFrom('"', '""', ',', ';', '\t', '\n', "'", '=', '+', '-', '@', '=', '|', '、'),
);

/** What people may have typed into a cell. */
export const tableCells = fc.array(pieces, { maxLength: 8 }).map((some) => some.join(''));
