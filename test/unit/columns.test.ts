import { describe, expect, it } from 'vitest';
import { columns, table } from '../../hub/cli/columns.ts';
import { localClock, withLocalTimes } from '../../hub/cli/local-times.ts';
import { counted } from '../../shared/counted.ts';

describe('a list on a terminal', () => {
  it('has a line of headings, and none where it is empty', () => {
    expect(table(['id', 'name'], [['17', 'Volunteer 1']])).toEqual(['id  name', '17  Volunteer 1']);
    expect(table(['id', 'name'], [])).toEqual([]);
  });

  it('gives a Chinese or Korean letter two places', () => {
    expect(
      columns([
        ['雨伞', '1'],
        ['Rice', '2'],
        ['우산 2', '3'],
      ]),
    ).toEqual(['雨伞    1', 'Rice    2', '우산 2  3']);
  });

  it('keeps its columns below each other once times are shown as clocks say them', () => {
    const lines = table(
      ['since', 'what'],
      [
        ['2026-03-02T02:01:12.000Z', 'one'],
        ['', 'two'],
      ],
    );
    expect(withLocalTimes(lines.join('\n'), localClock('Asia/Shanghai')).split('\n')).toEqual([
      'since                what',
      '2026-03-02 10:01:12  one',
      '                     two',
    ]);
  });

  it('keeps a name on its line', () => {
    expect(columns([['one\n\u001b[2Jtwo', 'x']])).toEqual(['one [2Jtwo  x']);
  });
});

it('counts one in the singular, and everything else in the plural', () => {
  expect([0, 1, 2].map((count) => counted(count, 'check-in'))).toEqual([
    ...['0 check-ins', '1 check-in', '2 check-ins'],
  ]);
  expect([1, 2].map((count) => counted(count, 'entry', 'entries'))).toEqual([
    '1 entry',
    '2 entries',
  ]);
});
