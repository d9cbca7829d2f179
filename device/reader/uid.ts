/** Card UIDs as text. A UID identifies a person's card: it never enters a log line or an error message. */

/** ISO/IEC 14443-3 §6.5.4: single, double and triple size UIDs. */
const uidLengthsBytes = [4, 7, 10];

/** A UID in the form the station keeps it: upper-case hex without separators. */
export const uidPattern = /^(?:[0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20})$/;

/** ISO/IEC 14443-3 §6.5.4: a single size UID that begins so is made up anew each time, as phones do. */
export const isRandomUid = (uid: string): boolean => /^08[0-9A-F]{6}$/.test(uid);

/** What a PC/SC reader builds for a phone that plays a card (PC/SC part 3 §3.1.3.2.3.2: no historical bytes). */
export const phoneAtr = '3B80800101';

/** The text is not a card UID. The message tells what is wrong without repeating the text. */
export class InvalidUid extends Error {
  override readonly name = 'InvalidUid';

  constructor(fault: string) {
    super(`not a card UID: ${fault}; expected ${uidLengthsBytes.join(', ')} bytes in hex`);
  }
}

/**
 * Upper-case hex from what a person typed or a device sent; `:`, `-` and spaces may separate bytes.
 * @throws {InvalidUid} when it is not hex, or not of a length that cards have.
 */
export function normaliseUid(text: string): string {
  const digits = text.replaceAll(/[:\- ]/g, '').toUpperCase();
  if (!/^[0-9A-F]*$/.test(digits)) throw new InvalidUid('it holds something that is no hex digit');
  if (!uidPattern.test(digits)) throw new InvalidUid(`it has ${digits.length / 2} bytes`);
  return digits;
}
