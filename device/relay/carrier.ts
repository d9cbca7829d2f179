import type { Bus } from '../../shared/bus/bus.ts';
import type { Log } from '../../shared/log.ts';
import type { Timers } from '../../shared/timers.ts';
import { decodeHubMessage, encodeMessage } from '../../shared/wire/codec.ts';
import { carriedMac } from '../../shared/wire/mac.ts';
import { stationTopic } from '../../shared/wire/topics.ts';

/** What became of a neighbour's alarm. */
export type Carried =
  /** The neighbour's sealed receipt, as the hub made it. */
  | { readonly kind: 'receipt'; readonly receipt: string }
  | { readonly kind: 'refused' }
  /** The hub was not reached, or did not answer in time. */
  | { readonly kind: 'unreachable' };

export interface CarrierParts {
  /** Who carries. */
  readonly station: string;
  readonly macKey: string;
  /** Subscribed to at once: make the carrier before the bus starts. */
  readonly bus: Pick<Bus, 'publish' | 'subscribe'>;
  /** Whether the hub can be reached, as far as this station knows. */
  readonly reachable: () => boolean;
  readonly timers: Timers;
  readonly log: Log;
}

/** The origin waits a little longer (`neighbourTimeoutMs`), so that it hears why. */
export const answerWithinMs = 4_000;

/** Takes neighbours' alarms to the hub over this station's own connection. It can read them, and no more. */
export class Carrier {
  readonly #parts: CarrierParts;
  /** Who waits, by the MAC of the message that was carried: the hub names it by that alone. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(parts: CarrierParts) {
    this.#parts = parts;
    const { station, bus } = parts;
    bus.subscribe([stationTopic(station, 'relayed')], async ({ payload }) => this.#hear(payload));
  }

  /** @param message a sealed alarm-lane message of another station, exactly as it came */
  async carry(message: Uint8Array): Promise<Carried> {
    const { station, macKey, bus, reachable, timers, log } = this.#parts;
    const of = carriedMac(message);
    if (of === undefined) return { kind: 'refused' };
    if (!reachable()) return { kind: 'unreachable' };
    const text = Buffer.from(message).toString();
    const payload = encodeMessage(macKey, { v: 1, station, kind: 'relay', message: text });
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(of) ?? { told: new Set(), carried: 0, refused: 0 };
      this.#waiting.set(of, waiting);
      const done = (carried: Carried): void => {
        callOff();
        waiting.told.delete(done);
        if (waiting.told.size === 0 && this.#waiting.get(of) === waiting) this.#waiting.delete(of);
        resolve(carried);
      };
      const callOff = timers.after(answerWithinMs, () => done({ kind: 'unreachable' }));
      waiting.told.add(done);
      waiting.carried += 1;
      bus.publish(stationTopic(station, 'relay'), payload).catch((error: unknown) => {
        log.info({ err: error }, "a neighbour's alarm could not be carried");
        done({ kind: 'unreachable' });
      });
    });
  }

  #hear(payload: Uint8Array): void {
    const { station, macKey, log } = this.#parts;
    const decoded = decodeHubMessage(macKey, payload);
    const message = decoded.ok ? decoded.value : undefined;
    if (message?.kind !== 'relayed' || message.station !== station) {
      log.warn("what is not the hub's answer to a relay was refused");
      return;
    }
    const { of, receipt } = message;
    const waiting = this.#waiting.get(of);
    if (waiting === undefined) return;
    if (receipt === null) waiting.refused += 1;
    // Whoever overheard an alarm may bring it altered, under the same MAC, to have it refused.
    if (receipt === null && waiting.refused < waiting.carried) return;
    const carried: Carried = receipt === null ? { kind: 'refused' } : { kind: 'receipt', receipt };
    for (const done of [...waiting.told]) done(carried);
  }
}

interface Waiting {
  readonly told: Set<(carried: Carried) => void>;
  /** Messages with this MAC that are under way to the hub, or were. */
  carried: number;
  refused: number;
}
