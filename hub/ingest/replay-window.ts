import type { Leg } from './alarm-legs.ts';

/** The same bytes by two paths are one alarm that came twice; twice by one path, somebody repeats them. */
export const replayKey = (mac: string, leg: Leg): string =>
  leg.path === 'broker' ? mac : `${mac} ${leg.path} ${leg.path === 'relay' ? leg.via : ''}`;

/** 43 characters each: about a megabyte. An older copy is caught by the deduplication, only later. */
const macsMax = 10_000;

/** The MACs of the latest committed messages. */
export class ReplayWindow {
  readonly #macs = new Set<string>();

  has(mac: string): boolean {
    return this.#macs.has(mac);
  }

  add(mac: string): void {
    this.#macs.delete(mac);
    this.#macs.add(mac);
    if (this.#macs.size <= macsMax) return;
    const [oldest] = this.#macs; // a Set lists in the order of insertion
    if (oldest !== undefined) this.#macs.delete(oldest);
  }
}
