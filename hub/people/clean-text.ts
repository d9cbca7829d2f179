/** Longer than anybody's name, shorter than a cell that somebody pasted a page into. */
export const nameCharactersMax = 100;
/** A feed is read on a board, several lines at a time. */
export const displayNameCharactersMax = 40;
export const externalIdCharactersMax = 64;
export const addressCharactersMax = 200;

/**
 * What people typed, in one form: without outer spaces, lines ended alike, letters composed (Unicode
 * NFC), since a Korean name may come in letters of its syllables.
 */
export const cleanText = (text: string): string =>
  text.replace(/\r\n?/g, '\n').trim().normalize('NFC');

/** Control characters other than those that a cell of a table may hold. */
const control = /[^\P{Cc}\n\t]/u;
/** U+FFFD stands where bytes were no character; half a pair of surrogates is none either. */
const broken = /[\ufffd\p{Cs}]/u;

/**
 * @param text cleaned already
 * @returns why it cannot be taken, or undefined when it can
 */
export function textFault(what: string, text: string, charactersMax: number): string | undefined {
  if (broken.test(text)) return `${what} holds characters that were read in a wrong encoding`;
  if (control.test(text)) return `${what} holds control characters`;
  if ([...text].length > charactersMax) return `${what} is longer than ${charactersMax} characters`;
  return undefined;
}

/** The same for what must be there. */
export const requiredFault = (
  what: string,
  text: string,
  charactersMax: number,
): string | undefined =>
  text === '' ? `${what} must not be blank` : textFault(what, text, charactersMax);
