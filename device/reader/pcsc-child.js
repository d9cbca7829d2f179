/**
 * The only process that loads nfc-pcsc. It may block, crash or be killed at any time; its parent
 * (pcsc-process.ts) starts another. It is plain JavaScript because a TypeScript loader would cost
 * more memory than all the rest of it on a small Pi. Messages: see pcsc-message.ts.
 */
import { createRequire } from 'node:module';
import net from 'node:net';
import { hex, ndefOf, readUid } from './pcsc-card.mjs';

const socketPath = process.env.PCSCLITE_CSOCK_NAME || '/run/pcscd/pcscd.comm';
const heartbeatIntervalMs = 500;
/** How often to look whether pcscd has come. */
const probeIntervalMs = 500;
/** pcscd that was started by our own probe needs a moment to find a USB reader. */
const readerGraceMs = 3_000;
/** With no reader there is nothing to lose by looking anew: see `expectReader`. */
const lookAnewMs = 10_000;
/** The slots of one reader end within pcscd's 400 ms of each other, or never: see `expectEnd`. */
const endAwaitedMs = 1_500;
/** Powering a card and reading its UID takes some 50 ms; past this the card, reader or driver hangs. */
const cardTimeoutMs = 3_000;

/** pcscd counts insertions and removals of a reader in the upper half of its state word. */
const eventCountShift = 16;
/** The parent refuses longer texts. */
const textLengthMax = 500;

/**
 * @param {{ type: string } & Record<string, string>} message
 * @param {() => void} [sent] called once the message has left this process
 */
function send(message, sent = () => {}) {
  if (process.connected && process.send) process.send(message, sent);
  else sent();
}

/** process.exit() would wait for a worker thread that hangs inside the driver; SIGKILL does not. */
function killSelf() {
  process.kill(process.pid, 'SIGKILL');
}

/**
 * @param {'pcscd' | 'stuck' | 'swap' | 'unplugged' | 'absent' | 'crash'} cause
 * @param {unknown} why
 */
function die(cause, why) {
  send({ type: 'dying', cause, why: explain(why) }, killSelf);
}

/** nfc-pcsc wraps what the driver said in `previous`. @param {unknown} error */
function explain(error) {
  const parts = [error?.message ?? error, error?.previous?.message];
  const text = parts.filter(Boolean).join(' ').replaceAll(/\s+/g, ' ');
  return text.slice(0, textLengthMax);
}

/** @returns {Promise<string>} the system's error code, or '' when something listens at the socket */
function probeSocket() {
  return new Promise((resolve) => {
    const socket = net.connect(socketPath, () => {
      socket.destroy();
      resolve('');
    });
    socket.on('error', (error) => resolve(error.code ?? error.message));
  });
}

/** One reader of pcscd, and the card that may lie on it. */
class Slot {
  #reader;
  #name;
  #eventCount;
  #deadline;
  /** True from the moment a card shows until nfc-pcsc has connected to it, or failed to. */
  #connecting = false;
  /** Counts departures, so that an answer which comes late is known to be late. */
  #departures = 0;

  constructor(reader) {
    this.#reader = reader;
    this.#name = reader.name.slice(0, textLengthMax);
  }

  watch() {
    const reader = this.#reader;
    // We send the command ourselves: automatic processing reads no UID from a type 4 card.
    reader.autoProcessing = false;
    // A failed connect reaches only the logger.
    reader.logger = { ...silentLogger, error: (error) => this.#onLoggedError(error) };
    reader.on('error', (error) => die('pcscd', error));
    reader.on('end', () => this.#onEnd());
    this.#expectEndOnClose(reader.reader);
    reader.on('card', ({ atr }) => this.#onCard(atr ?? Buffer.alloc(0)));
    reader.on('card.off', () => this.#onGone());
    reader.reader.on('status', (status) => this.#onStatus(status.state));
    attached.add(this);
    clearTimeout(absence);
    send({ type: 'attached', reader: this.#name });
  }

  /** pcsclite closes a slot that has left the list. Once in some 100 times it does not say that it ended. */
  #expectEndOnClose(slot) {
    const { close } = slot;
    slot.close = () => {
      expectEnd([this]);
      return close.call(slot);
    };
  }

  /** nfc-pcsc's own listener ran just before; `reader.reader.state` is still the previous state. */
  #onStatus(state) {
    const { SCARD_STATE_PRESENT: presentBit, state: before } = this.#reader.reader;
    if (state & this.#reader.reader.SCARD_STATE_UNKNOWN) {
      expectEnd([this]);
      return;
    }
    const isPresent = Boolean(state & presentBit);
    const wasPresent = Boolean(before & presentBit);
    const eventCount = state >>> eventCountShift;
    // While this process was busy one card went and another came: only the count tells. Reopening
    // is the safe answer, because the new card is then reported like any other.
    if (isPresent && wasPresent && eventCount !== this.#eventCount) die('swap', 'cards changed');
    this.#eventCount = eventCount;
    if (isPresent && !wasPresent) this.#expectAnswer();
    if (!isPresent) clearTimeout(this.#deadline);
  }

  #expectAnswer() {
    this.#connecting = true;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      send({ type: 'unreadable', reader: this.#name, why: 'no answer in time' });
      die('stuck', 'no answer in time');
    }, cardTimeoutMs);
  }

  /** @param {Buffer} atr what the reader says of the kind of card */
  async #onCard(atr) {
    this.#connecting = false;
    const departures = this.#departures;
    try {
      const uid = await readUid(this.#reader);
      const ndef = await ndefOf(this.#reader, atr);
      const found = ndef === undefined ? {} : { ndef };
      send({ type: 'card', reader: this.#name, uid, atr: hex(atr), ...found });
      // It was read, so the tap counts, even though its departure was noticed first.
      if (departures !== this.#departures) send({ type: 'gone', reader: this.#name });
    } catch (error) {
      this.#onUnreadable(error);
    } finally {
      if (departures === this.#departures) clearTimeout(this.#deadline);
    }
  }

  #onLoggedError(error) {
    if (!this.#connecting) return;
    this.#connecting = false;
    clearTimeout(this.#deadline);
    this.#onUnreadable(error);
  }

  #onUnreadable(error) {
    send({ type: 'unreadable', reader: this.#name, why: explain(error) });
    // A card that left during the connect leaves a dead connection, which would spoil the next tap.
    if (!this.#reader.card && this.#reader.connection) {
      this.#reader.disconnect().catch((failure) => die('pcscd', failure));
    }
  }

  #onGone() {
    this.#departures += 1;
    send({ type: 'gone', reader: this.#name });
  }

  /** The reader was unplugged; nothing else reports the card that lay on it. */
  #onEnd() {
    clearTimeout(this.#deadline);
    attached.delete(this);
    send({ type: 'detached', reader: this.#name });
    expectEnd([...attached]);
    if (attached.size === 0) expectReader();
  }
}

/** @type {Set<Slot>} what nfc-pcsc has announced and not ended */
const attached = new Set();

/**
 * When the slots of one reader go one after the other, pcsclite misses the second more often than
 * not: it asks for the list of readers only when their number has changed since it last asked. It
 * would then neither end that slot nor announce it when it is back. A new process sees what is there.
 * @param {Slot[]} slots which are gone, or may be
 */
function expectEnd(slots) {
  setTimeout(() => {
    if (slots.some((slot) => attached.has(slot))) die('unplugged', 'a slot did not end');
  }, endAwaitedMs);
}

let absence;

/**
 * pcsclite's two threads share one list of readers without a lock: when it changes twice in quick
 * succession, the first to be told wipes out the second, and a reader that is there is never
 * announced. A new process sees it.
 */
function expectReader() {
  clearTimeout(absence);
  absence = setTimeout(() => die('absent', 'no reader: looking anew'), lookAnewMs);
}

const silentLogger = { log() {}, debug() {}, info() {}, warn() {}, error() {} };

/** @returns nfc-pcsc's NFC class, or undefined when it cannot be loaded */
function loadNfc() {
  try {
    return createRequire(import.meta.url)('nfc-pcsc').NFC;
  } catch (error) {
    send({ type: 'missing', why: explain(error).split('. ')[0] }, killSelf);
    return undefined;
  }
}

/** `new NFC()` blocks for ever when pcscd's socket does not accept, so that is made sure first. */
async function pcscdAccepts() {
  for (let told = ''; ; ) {
    const why = await probeSocket();
    if (why === '') return;
    if (why !== told) send({ type: 'waiting', why });
    told = why;
    await new Promise((resolve) => setTimeout(resolve, probeIntervalMs));
  }
}

async function main() {
  process.on('disconnect', killSelf);
  process.on('uncaughtException', (error) => die('crash', error));
  send({ type: 'alive' });
  setInterval(() => send({ type: 'alive' }), heartbeatIntervalMs);
  const NFC = loadNfc();
  if (!NFC) return;
  await pcscdAccepts();
  const nfc = new NFC(silentLogger);
  const noReader = setTimeout(() => send({ type: 'noReader' }), readerGraceMs);
  expectReader();
  // Its context is lost for good once pcscd went; only a new process recovers.
  nfc.on('error', (error) => die('pcscd', error));
  nfc.on('reader', (reader) => {
    clearTimeout(noReader);
    new Slot(reader).watch();
  });
}

await main();
