import { receiptMessageSchema } from '../../shared/wire/messages.ts';

/** Counts what stations are receipted; whether MACs are right is the business of other tests. */
export class ReceiptCounter {
  readonly #through = new Map<string, number>();
  #wanted: ReadonlyMap<string, number> = new Map();
  #missing = 0;
  #reached: (() => void) | undefined;
  credited = 0;

  take(station: string, payload: Uint8Array): void {
    const json: unknown = JSON.parse(Buffer.from(payload).toString());
    const { through, outcomes } = receiptMessageSchema.parse(json);
    for (const { outcome } of outcomes) if (outcome === 'credited') this.credited += 1;
    const before = this.#through.get(station) ?? 0;
    this.#through.set(station, Math.max(before, through));
    const wanted = this.#wanted.get(station) ?? 0;
    if (before < wanted && through >= wanted) this.#missing -= 1;
    if (this.#missing === 0) this.#reached?.();
  }

  /** Fulfils when every station is receipted so far. */
  async reaches(wanted: ReadonlyMap<string, number>): Promise<void> {
    this.#wanted = wanted;
    this.#missing = [...wanted].filter(
      ([station, through]) => (this.#through.get(station) ?? 0) < through,
    ).length;
    if (this.#missing === 0) return;
    await new Promise<void>((resolve) => {
      this.#reached = resolve;
    });
    this.#reached = undefined;
  }
}
