import { expect, it } from 'vitest';
import { newPickUpCode, readPickUpCode } from '../../hub/rewards/pick-up-code.ts';

const many = Array.from({ length: 20_000 }, newPickUpCode);

it('has six characters, none of which is taken for another one', () => {
  expect(many.filter((code) => !/^[A-Z][A-Z2-9]{5}$/.test(code))).toEqual([]);
  expect(many.join('')).not.toMatch(/[BGILOQSUZ01]/);
});

it('uses every character at every place but the first, which is a letter: never is it a number', () => {
  for (const place of [1, 2, 3, 4, 5]) {
    expect(new Set(many.map((code) => code[place])).size).toBe(22);
  }
  expect(new Set(many.map((code) => code[0])).size).toBe(14);
});

it('is read as people write it', () => {
  expect(readPickUpCode(' cdf-2h3 ')).toBe('CDF2H3');
  for (const text of ['', '123456', 'CDF2H', 'CDF2H33', 'CDF2HO', '2DF2HC']) {
    expect(readPickUpCode(text)).toBeUndefined();
  }
});
