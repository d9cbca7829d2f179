import { InvalidArgumentError } from 'commander';
import { keysOf, type Words } from '../people/words.ts';

/** For commander: one of our words, in any of the three languages. */
export const wordOf =
  <K extends string>(table: Readonly<Record<K, Words>>, find: (text: string) => K | undefined) =>
  (text: string): K => {
    const found = find(text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`expected one of ${keysOf(table).join(', ')}.`);
  };

/** The same for several of them with commas between; a blank text is none. */
export const wordsOf =
  <K extends string>(table: Readonly<Record<K, Words>>, find: (text: string) => K | undefined) =>
  (text: string): readonly K[] =>
    listOf(text).map(wordOf(table, find));

/** Several texts with commas between. */
export const listOf = (text: string): readonly string[] =>
  text
    .split(/[,，、]/)
    .map((one) => one.trim())
    .filter((one) => one !== '');

/** For commander: one of the words that a program knows. */
export const choiceOf =
  <K extends string>(choices: readonly K[]) =>
  (text: string): K => {
    const found = choices.find((one) => one === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`expected one of ${choices.join(', ')}.`);
  };
