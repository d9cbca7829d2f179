/** One bug may show thousands of times; the first ones tell what it is. */
const keptMax = 40;

/** What must never happen, and did. */
export class Violations {
  readonly kept: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(text: string): void {
    this.#count += 1;
    if (this.kept.length < keptMax) this.kept.push(text);
  }
}
