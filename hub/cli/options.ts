import { InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { languages } from '../notify/texts.ts';

/** For commander: YYYY-MM-DD. @throws InvalidArgumentError */
export function localDate(text: string): string {
  if (z.iso.date().safeParse(text).success) return text;
  throw new InvalidArgumentError('expected a date as YYYY-MM-DD.');
}

/** For commander: points to give, or with a minus to take. @throws InvalidArgumentError */
export function points(text: string): number {
  const number = Number(text);
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(number) && number !== 0) return number;
  throw new InvalidArgumentError('expected a whole number, such as 20 or -20.');
}

/** In which language names and sentences are shown. */
export const languageOption = (): Option =>
  new Option('--language <language>', 'in which names are shown').choices(languages).default('en');
