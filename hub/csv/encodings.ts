import { gb18030Encoder } from './gb18030.ts';

/** What a table can be written in. Office software takes UTF-8 for it only where it begins with a BOM. */
export const writtenEncodings = ['utf-8', 'utf-8-bom', 'gb18030'] as const;
export type WrittenEncoding = (typeof writtenEncodings)[number];

/** What a table can be read in: `gb18030` covers GBK and GB2312, `euc-kr` is what Korean Windows writes. */
export const readEncodings = ['utf-8', 'gb18030', 'euc-kr', 'utf-16le'] as const;
export type ReadEncoding = (typeof readEncodings)[number];

export interface Decoded {
  readonly text: string;
  readonly encoding: ReadEncoding;
}

const [bom16First, bom16Second] = [0xff, 0xfe];

/**
 * Reads text, without its BOM. What is valid UTF-8 is UTF-8, since other text hardly ever is by chance;
 * what begins as UTF-16 is that; all else is GB18030. Korean text in EUC-KR would be read as wrong Chinese
 * letters: it has to be said.
 * @param wanted the encoding, where it is known
 * @returns undefined when the bytes are no text in it
 */
export function decodeText(bytes: Uint8Array, wanted?: ReadEncoding): Decoded | undefined {
  const isUtf16 = bytes[0] === bom16First && bytes[1] === bom16Second;
  const guesses = wanted ? [wanted] : isUtf16 ? ['utf-16le' as const] : guessed;
  for (const encoding of guesses) {
    const text = decode(bytes, encoding);
    if (text !== undefined) return { text, encoding };
  }
  return undefined;
}

const guessed = ['utf-8', 'gb18030'] as const;

function decode(bytes: Uint8Array, encoding: ReadEncoding): string | undefined {
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    // GB18030 has a BOM of its own, which its decoder leaves.
    return decoder.decode(bytes).replace(/^\ufeff/, '');
  } catch {
    return undefined; // these bytes are no text in it, which is what was asked
  }
}

/** @throws NotInEncoding when a character cannot be written in it */
export function encodeText(text: string, encoding: WrittenEncoding): Uint8Array {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text);
    case 'utf-8-bom':
      return Buffer.from(`\ufeff${text}`);
    case 'gb18030':
      return gb18030Encoder()(text);
    default:
      return encoding satisfies never;
  }
}
