/** The part of firmata-io that the panel uses; the package brings no types of its own. */
declare module 'firmata-io' {
  import type { EventEmitter } from 'node:events';

  namespace firmataIo {
    /** What Firmata needs of a line: it listens for `data` and writes. */
    interface Transport extends EventEmitter {
      write(bytes: Buffer, written: (error?: Error | null) => void): void;
    }

    class Firmata extends EventEmitter {
      constructor(transport: Transport, options: { reportVersionTimeout: number });
      readonly MODES: { readonly OUTPUT: number };
      readonly firmware: { readonly name?: string };
      readonly version: { readonly major?: number; readonly minor?: number };
      /** Runs from construction until the first version report. */
      readonly reportVersionTimeoutId: NodeJS.Timeout;
      pinMode(pin: number, mode: number): void;
      digitalWrite(pin: number, value: 0 | 1): void;
      /** 1 asks for reports of the pin's port; the board answers at once with how its pins stand. */
      reportDigitalPin(pin: number, value: 0 | 1): void;
      reportVersion(answered: () => void): void;
    }
  }

  export = firmataIo;
}
