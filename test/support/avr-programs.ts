import { readFileSync } from 'node:fs';

const flashBytes = 0x8000;

/** `firmata` is a panel's board; the others are boards that somebody loaded something else onto. */
export type ProgramName = 'firmata' | 'silent' | 'chatter';

/** Real StandardFirmata 2.5 for the Uno. It is LGPL, so it is read from the package and not copied. */
const firmataHex = new URL(
  '../../node_modules/node-pixel/firmware/bin/firmata/uno/node_pixel_firmata.ino.hex',
  import.meta.url,
);

/** `rjmp .`: runs, and says nothing. */
const silent = [0xcfff];

/** Sends the letter A for ever, as a sketch with a `Serial.print` in its loop does. */
const chatter = [
  ...[0xe008, 0x9300, 0x00c1], // ldi r16, 1<<TXEN0; sts UCSR0B, r16
  ...[0xe627, 0x9320, 0x00c4], // ldi r18, 103 (9600 baud); sts UBRR0L, r18
  0xe411, // ldi r17, 'A'
  ...[0x9130, 0x00c0, 0xff35, 0xcffc], // wait: lds r19, UCSR0A; sbrs r19, UDRE0; rjmp wait
  ...[0x9310, 0x00c6, 0xcff9], // sts UDR0, r17; rjmp wait
];

/** The flash contents of a board with this program. */
export function loadProgram(name: ProgramName): Uint16Array {
  if (name === 'firmata') return fromIntelHex(readFileSync(firmataHex, 'latin1'));
  const flash = new Uint16Array(flashBytes / 2).fill(0xffff);
  flash.set(name === 'silent' ? silent : chatter);
  return flash;
}

/** Data records only: `:` length, address, type 00, bytes, checksum (Intel, "Hexadecimal Object File Format"). */
function fromIntelHex(text: string): Uint16Array {
  const flash = Buffer.alloc(flashBytes, 0xff);
  for (const line of text.split('\n')) {
    if (!line.startsWith(':') || line.slice(7, 9) !== '00') continue;
    const length = Number.parseInt(line.slice(1, 3), 16);
    const address = Number.parseInt(line.slice(3, 7), 16);
    flash.write(line.slice(9, 9 + 2 * length), address, 'hex');
  }
  return Uint16Array.from({ length: flashBytes / 2 }, (_, word) => flash.readUInt16LE(2 * word));
}
