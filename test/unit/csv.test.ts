import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv, writeCsv } from '../../hub/csv/csv.ts';
import { decodeText, encodeText, writtenEncodings } from '../../hub/csv/encodings.ts';
import { gb18030Encoder } from '../../hub/csv/gb18030.ts';
import { tableCells } from '../support/table-cells.ts';

const isKnown = (word: string): boolean => ['name', 'id', '姓名'].includes(word);
const rowsOf = (text: string) => readCsv(text, isKnown).rows;

describe('GB18030', () => {
  /** No mapping in the decoder: U+E5E5, some private letters whose bytes now mean others, and U+FFFD. */
  const absentMax = 25;

  it('is written as it is read, for every character that there is', () => {
    const encode = gb18030Encoder();
    const decoder = new TextDecoder('gb18030', { fatal: true });
    const absent: number[] = [];
    const written: number[] = [];
    let text = '';
    for (let code = 0; code <= 0x10ffff; code += code < 0x30000 ? 1 : 251) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const character = String.fromCodePoint(code);
      try {
        written.push(...encode(character));
        text += character;
      } catch {
        absent.push(code);
      }
    }
    expect(decoder.decode(Uint8Array.from(written)) === text).toBe(true);
    expect(absent.length).toBeLessThanOrEqual(absentMax);
    for (const code of absent) expect(code).toBeGreaterThanOrEqual(0xe000);
  });

  it('has the bytes of the standard', () => {
    // 中, 啊 and € in two bytes, 한 and 𠮷 in four: as Python's codec has them, which is a table of its own.
    const hex = Buffer.from(gb18030Encoder()('中啊€한𠮷')).toString('hex');
    expect(hex).toBe('d6d0b0a1a2e3833684339534b235');
  });
});

describe('the encoding of a table', () => {
  it('is UTF-8 where it is valid UTF-8, else GB18030, unless somebody says', () => {
    const encodings = (bytes: Uint8Array) => decodeText(bytes)?.encoding;
    expect(encodings(Buffer.from('姓名'))).toBe('utf-8');
    expect(decodeText(Buffer.from('\ufeff姓名'))).toEqual({ encoding: 'utf-8', text: '姓名' });
    expect(encodings(Buffer.from('d0d5c3fb', 'hex'))).toBe('gb18030');
    expect(decodeText(Buffer.from('\ufeff姓名', 'utf16le'))?.text).toBe('姓名');
    // 이름 as Korean Windows has it is Chinese letters in GB18030.
    const korean = Buffer.from('c0ccb8a7', 'hex');
    expect(decodeText(korean, 'euc-kr')?.text).toBe('이름');
    expect(decodeText(korean)?.text).not.toBe('이름');
    expect(decodeText(Uint8Array.of(0x81, 0x00, 0xff))).toBeUndefined();
  });
});

describe('a table', () => {
  it('is read with commas, semicolons or tabs, whatever else stands in its cells', () => {
    for (const separator of [',', ';', '\t']) {
      const table = readCsv(
        `${['id', 'name', '"a,b;c"'].join(separator)}\r\n${['1', 'x', 'y'].join(separator)}`,
        isKnown,
      );
      expect(table).toMatchObject({ separator, header: ['id', 'name', 'a,b;c'] });
      expect(table.rows).toEqual([{ line: 2, cells: ['1', 'x', 'y'] }]);
    }
  });

  it('names each row by the line on which it begins, with either line end', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const text = ['id,name', '', '1,"a', 'b"', ',,', '2,c"d', '3,e'].join(end);
      expect(rowsOf(text)).toEqual([
        { line: 3, cells: ['1', 'a\nb'] },
        { line: 6, cells: ['2', 'c"d'] },
        { line: 7, cells: ['3', 'e'] },
      ]);
    }
  });

  it('says where a quote was opened and never closed', () => {
    expect(() => rowsOf('id,name\n1,x\n2,"y\n3,z\n')).toThrow('line 3: a quote is opened');
    expect(() => rowsOf('"id,name\n1,x\n')).toThrow('line 1: a quote is opened');
    expect(() => rowsOf('')).toThrow('the file is empty');
  });

  it('gives a spreadsheet no formula to run, in any cell', () => {
    for (const first of ['=', '+', '-', '@', '\t', '\r', '=', '+', '-', '@']) {
      expect(writeCsv([[`${first}1+1`]])).toBe(`"'${first}1+1"\r\n`);
    }
    expect(writeCsv([['a";=1+1', '1-1']])).toBe('"a"";=1+1","1-1"\r\n');
  });

  it('leaves a spreadsheet its numbers, also below zero: they are summed up there', () => {
    expect(writeCsv([['-7820', '-0.5', '-1-1', '-1e9']])).toBe(
      '"-7820","-0.5","\'-1-1","\'-1e9"\r\n',
    );
  });

  it('comes back as it was, in every encoding', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(tableCells, tableCells), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(...writtenEncodings),
        (pairs, encoding) => {
          // The first cell is never blank: a row of blanks is none.
          const rows = pairs.map(([one, other]) => [`x${one}`, other]);
          const bytes = encodeText(writeCsv([['id', 'name'], ...rows]), encoding);
          const decoded = decodeText(bytes);
          const read = rowsOf(decoded?.text ?? '').map(({ cells }) => cells);
          expect(read).toEqual(rows);
        },
      ),
      { numRuns: 60 },
    );
  });
});
