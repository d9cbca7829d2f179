import { describe, expect, it } from 'vitest';
import { sunMessageIn } from '../../device/reader/ndef-sun.ts';

const picc = 'EF963FF7828658A599F3041510671E88';
const cmac = '94EED9EE65337086';

/** One short URI record behind "https://". */
function record(uri: string): string {
  const payload = Buffer.concat([Buffer.from([4]), Buffer.from(uri)]);
  return Buffer.concat([Buffer.from([0xd1, 1, payload.length, 0x55]), payload]).toString('hex');
}

describe('what a card says in its NDEF file', () => {
  it('is a message when it carries the two parts, and nothing else of it is taken', () => {
    const uri = `relay.example/t?uid=04DE5F1EACC040&picc_data=${picc}&cmac=${cmac.toLowerCase()}`;
    expect(sunMessageIn(record(uri))).toEqual({ picc, cmac });
  });

  it('is passed on as it is when it is cut short', () => {
    const uri = `relay.example/t?picc_data=${picc.slice(0, 10)}&cmac=${cmac}`;
    expect(sunMessageIn(record(uri))).toEqual({ picc: picc.slice(0, 10), cmac });
  });

  it.each([
    ['another address', record('relay.example/t?id=7')],
    ['one part', record(`relay.example/t?picc_data=${picc}`)],
    ['no hex', record(`relay.example/t?picc_data=hello&cmac=${cmac}`)],
    ['far too much', record(`relay.example/t?picc_data=${picc.repeat(3)}&cmac=${cmac}`)],
    ['a text', 'd1010854026e6968616f6f'],
    ['nothing', ''],
    ['a header without a record', 'd101'],
  ])('is no message when it is %s', (_name, ndef) => {
    expect(sunMessageIn(ndef)).toBeUndefined();
  });
});
