import { randomInt } from 'node:crypto';

/**
 * No letter that is taken for a digit or for another letter, printed or by hand (B, G, I, L, O, Q, S, U,
 * Z), nor 0 and 1; without A, E and N there are no words in it.
 */
const letters = 'CDFHJKMPRTVWXY';
const all = `${letters}23456789`;
const length = 6;

/**
 * What a volunteer says to get a reward. A letter and five more, so that no number of a redemption is one:
 * 72 million, and whoever tries one stands before the operator.
 */
export const newPickUpCode = (): string =>
  Array.from({ length }, (_, index) => pick(index === 0 ? letters : all)).join('');

const pick = (from: string): string => from.charAt(randomInt(from.length));

const pattern = new RegExp(`^[${letters}][${all}]{${length - 1}}$`);

/** @returns the code as it is kept, or undefined when the text is none: people write it in groups and small. */
export function readPickUpCode(text: string): string | undefined {
  const code = text.replace(/[\s-]+/g, '').toUpperCase();
  return pattern.test(code) ? code : undefined;
}
