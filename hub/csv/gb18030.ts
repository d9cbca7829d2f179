/** What GB18030 has no bytes for. */
export class NotInEncoding extends Error {
  override readonly name = 'NotInEncoding';
  constructor(character: string) {
    super(`GB18030 has no ${JSON.stringify(character)}`);
  }
}

/**
 * GB 18030: one byte for ASCII; two, 0x81–0xFE and then 0x40–0xFE without 0x7F; or four, which count
 * up as 0x81–0xFE, 0x30–0x39, 0x81–0xFE, 0x30–0x39.
 */
const [leadFirst, leadLast] = [0x81, 0xfe];
const [trailFirst, trailLast, noTrail] = [0x40, 0xfe, 0x7f];
/** As many four-byte codes stand for characters below U+10000; no other follows them at once. */
const fourByteBasic = 39_420;
/** The four-byte code of U+10000, counted from the first; from there they follow each other. */
const supplementaryFirst = 189_000;
const newLine = 0x0a;
const replacement = '\ufffd';

/**
 * The platform decodes GB18030 and does not encode it (WHATWG Encoding, "TextEncoder"). The table is what
 * the decoder itself says of every code, so that what is written is read again as it was.
 * @returns a function from text to bytes. It throws NotInEncoding.
 * @throws RangeError where Node was built without the encodings of ICU
 */
export function gb18030Encoder(): (text: string) => Uint8Array {
  const table = encodings(new TextDecoder('gb18030'));
  return (text) => {
    const bytes: number[] = [];
    for (const character of text) {
      const code = character.codePointAt(0) ?? 0;
      if (code < 0x80) bytes.push(code);
      else if (code > 0xffff) bytes.push(...fourBytes(supplementaryFirst + code - 0x10000));
      else bytes.push(...(table.get(character) ?? refuse(character)));
    }
    return Uint8Array.from(bytes);
  };
}

function refuse(character: string): never {
  throw new NotInEncoding(character);
}

const fourBytes = (index: number): readonly number[] => [
  leadFirst + Math.floor(index / 12_600),
  0x30 + (Math.floor(index / 1_260) % 10),
  0x81 + (Math.floor(index / 10) % 126),
  0x30 + (index % 10),
];

function encodings(
  decoder: InstanceType<typeof TextDecoder>,
): ReadonlyMap<string, readonly number[]> {
  const codes: (readonly number[])[] = [];
  for (let lead = leadFirst; lead <= leadLast; lead += 1) {
    for (let trail = trailFirst; trail <= trailLast; trail += 1) {
      if (trail !== noTrail) codes.push([lead, trail]);
    }
  }
  for (let index = 0; index < fourByteBasic; index += 1) codes.push(fourBytes(index));
  // One call for all of them: a line for each code.
  const lines = decoder.decode(Uint8Array.from(codes.flatMap((code) => [...code, newLine])));
  const table = new Map<string, readonly number[]>();
  for (const [index, character] of lines.split('\n').entries()) {
    const code = codes[index];
    const isOne = character.length === 1 && character !== replacement;
    // Where two codes are read as one character, the shorter is written.
    if (code && isOne && !table.has(character)) table.set(character, code);
  }
  return table;
}
