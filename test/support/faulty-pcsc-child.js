/**
 * The reader process, with a fault of pcsclite that is real but rare made certain. Which one says
 * YIZHAN_FAULT: `no-end`: nothing of a reader that has gone is told; `unseen:FILE`: as long as FILE is
 * there, which is once, no reader is announced.
 */
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';

const [fault, file] = (process.env.YIZHAN_FAULT ?? '').split(':');
const require = createRequire(import.meta.resolve('nfc-pcsc'));
const watch = require('@pokusew/pcsclite');

require.cache[require.resolve('@pokusew/pcsclite')].exports = () => {
  const pcsc = watch();
  if (fault === 'no-end') pcsc.on('reader', muteEnd);
  if (fault === 'unseen' && isThere(file)) pcsc.emit = () => false;
  return pcsc;
};

function muteEnd(reader) {
  const { emit } = reader;
  reader.emit = (event, ...told) => {
    const isEnd = event === '_end' || Boolean(told[0]?.state & reader.SCARD_STATE_UNKNOWN);
    return !isEnd && emit.call(reader, event, ...told);
  };
}

/** Takes it away, too. */
function isThere(path) {
  try {
    rmSync(path);
    return true;
  } catch {
    return false;
  }
}

await import('../../device/reader/pcsc-child.js');
