import { EventEmitter } from 'node:events';
import type { Transport } from 'firmata-io';
import { SerialPort } from 'serialport';

/** What StandardFirmata speaks (StandardFirmata.ino, `Firmata.begin(57600)`). */
const baudRate = 57_600;

export interface LineListener {
  onOpen(): void;
  /** In one line, why the line is of no use any more. May come more than once. */
  onBroken(reason: string): void;
}

/**
 * The serial line as Firmata sees it. It stands between the two because Firmata throws on some
 * malformed answers (a pin state for a pin that does not exist) from inside the port's data event,
 * where nobody could catch it, and because Firmata goes on writing after the port has closed.
 */
export class PanelLine extends EventEmitter implements Transport {
  readonly #port: SerialPort;
  readonly #listener: LineListener;
  readonly #path: string;
  #bytesReceived = 0;

  constructor(path: string, listener: LineListener) {
    super();
    this.#path = path;
    this.#listener = listener;
    this.#port = new SerialPort({ path, baudRate, autoOpen: false });
    // An unplugged cable shows as 'close', sometimes with an EIO 'error' before it.
    this.#port.on('error', (error) =>
      listener.onBroken(`the line to the panel failed: ${error.message}`),
    );
    this.#port.on('close', () => listener.onBroken('the panel was unplugged: check its USB cable'));
    this.#port.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  /** Whether the other side has said anything at all, be it Firmata or not. */
  get hasReceived(): boolean {
    return this.#bytesReceived > 0;
  }

  open(): void {
    this.#port.open((error) => {
      if (error) this.#listener.onBroken(`no panel at ${this.#path}: ${advice(error.message)}`);
      else this.#listener.onOpen();
    });
  }

  /** Writes to an open port; on any other the bytes are dropped. */
  write(bytes: Buffer, written: () => void): void {
    if (this.#port.isOpen) this.#port.write(bytes, undefined, written);
    else written();
  }

  /** Resolves when what was written has left this machine, or could not. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#port.isOpen) this.#port.drain(() => resolve());
      else resolve();
    });
  }

  /** Nothing is received or reported afterwards. */
  close(): Promise<void> {
    this.removeAllListeners();
    this.#port.removeAllListeners();
    // Closing a line that is already gone can still report an error, which nobody needs.
    this.#port.on('error', () => {});
    return new Promise((resolve) => {
      if (this.#port.isOpen) this.#port.close(() => resolve());
      else resolve();
    });
  }

  #take(bytes: Buffer): void {
    this.#bytesReceived += bytes.length;
    try {
      this.emit('data', bytes);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      this.#listener.onBroken(`the panel sent what is not Firmata: check the USB cable (${what})`);
    }
  }
}

function advice(message: string): string {
  if (/permission denied/i.test(message)) return 'add the service user to the group dialout';
  if (/no such file/i.test(message)) return 'plug in the USB cable of the Arduino';
  return message;
}
