/**
 * What is asked of a card, for the reader process (pcsc-child.js). A module whatever folder it stands in,
 * since that process is started as it is.
 */

/** PC/SC part 3 §3.2.2.1.3 "Get Data": the UID, for ISO 14443-3 and -4 cards alike. */
const getUid = Buffer.from('FFCA000000', 'hex');
/**
 * NFC Forum Type 4 Tag 2.0 §5.4: the NDEF application, its file as NTAG 424 DNA has it (data sheet §8.2.3),
 * and the length that stands in front of the message. An NTAG 424 DNA counts one reading for each selection.
 */
const selectNdefApplication = Buffer.from('00A4040007D276000085010100', 'hex');
const selectNdefFile = Buffer.from('00A4000C02E104', 'hex');
const readNdefLength = Buffer.from('00B0000002', 'hex');
const ndefLengthBytes = 2;
/** One command reads as much on every reader; a message of ours has less than 120 bytes. */
const ndefBytesMax = 240;
/** The four commands take some 60 ms. A card without an answer in this time is taken by its UID alone. */
const ndefTimeoutMs = 600;
/** PC/SC part 3 §3.1.3.2.3.1: the ATR of a storage card, which speaks no ISO/IEC 7816-4, says so here. */
const storageCardTag = 0x4f;
const storageCardTagAt = 5;

const statusWordBytes = 2;
const statusOk = 0x9000;
const uidLengthsBytes = [4, 7, 10];
const uidBytesMax = 10;

/** @returns {Promise<Buffer>} the answer to a command, without its status @param {number} lengthMax */
async function ask(reader, command, lengthMax = 0) {
  const answer = await reader.transmit(command, lengthMax + statusWordBytes);
  // A card pulled away in mid-command shows as success with no bytes at all.
  if (answer.length < statusWordBytes) throw new Error('the card went away while it was read');
  const status = answer.readUInt16BE(answer.length - statusWordBytes);
  if (status !== statusOk) throw new Error(`the card answered with status ${status.toString(16)}`);
  return answer.subarray(0, -statusWordBytes);
}

/** @returns {Promise<string | undefined>} the NDEF message of a type 4 tag, in upper-case hex */
async function readNdef(reader) {
  await ask(reader, selectNdefApplication, ndefBytesMax);
  await ask(reader, selectNdefFile);
  const told = await ask(reader, readNdefLength, ndefLengthBytes);
  const length = told.length === ndefLengthBytes ? told.readUInt16BE() : 0;
  if (length === 0 || length > ndefBytesMax) return undefined;
  const read = Buffer.from([0x00, 0xb0, 0x00, ndefLengthBytes, length]);
  return hex(await ask(reader, read, length));
}

/** Most cards have none, and one that fails here has been read all the same. */
export function ndefOf(reader, atr) {
  if (atr[storageCardTagAt] === storageCardTag) return undefined;
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ndefTimeoutMs);
  });
  return Promise.race([readNdef(reader).catch(() => undefined), late]).finally(() =>
    clearTimeout(timer),
  );
}

/** @returns {Promise<string>} the UID in upper-case hex */
export async function readUid(reader) {
  const uid = await ask(reader, getUid, uidBytesMax);
  if (!uidLengthsBytes.includes(uid.length)) throw new Error(`the UID has ${uid.length} bytes`);
  return hex(uid);
}

/** @param {Buffer} bytes */
export const hex = (bytes) => bytes.toString('hex').toUpperCase();
