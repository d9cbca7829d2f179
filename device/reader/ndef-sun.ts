import type { SunMessage } from '../../shared/wire/entry.ts';

/** NDEF 1.0 §3.2: message begin and end, short record, of a well-known type; then length of type, of payload. */
const shortRecord = 0xd1;
/** NFC Forum URI record type, "U". */
const uriType = 0x55;
const headerBytes = 4;
/** What a URI prefix code stands for is of no interest: what is looked for stands behind the "?". */
const prefixBytes = 1;

/**
 * What a card says in its NDEF file, if that is a secure unique NFC message: a URI that carries
 * `picc_data` and `cmac`, as AN12196 has it. Only these two are taken: a URI that mirrors the UID in
 * clear must not bring it out of the station (DESIGN, promise 6).
 * @param ndef the message in hex, without its length
 * @returns undefined for anything else; what it is worth only the hub can tell
 */
export function sunMessageIn(ndef: string): SunMessage | undefined {
  const bytes = Buffer.from(ndef, 'hex');
  const [header, typeLength, payloadLength, type] = bytes;
  const isUri = header === shortRecord && typeLength === 1 && type === uriType;
  if (!isUri || payloadLength === undefined) return undefined;
  const payload = bytes.subarray(headerBytes, headerBytes + payloadLength);
  const uri = payload.subarray(prefixBytes).toString('latin1');
  const query = new URLSearchParams(uri.slice(uri.indexOf('?') + 1));
  const [picc, cmac] = [hexIn(query, 'picc_data'), hexIn(query, 'cmac')];
  return picc === undefined || cmac === undefined ? undefined : { picc, cmac };
}

/** What was cut short is passed on as it is: the hub refuses it, and tells somebody. */
function hexIn(query: URLSearchParams, name: string): string | undefined {
  const value = query.get(name);
  return value !== null && /^[0-9A-Fa-f]{0,64}$/.test(value) ? value.toUpperCase() : undefined;
}
