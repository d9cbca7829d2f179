import { setImmediate as settle } from 'node:timers/promises';
import type { Timers } from '../../shared/timers.ts';

interface Event {
  readonly atMs: number;
  /** Events of the same moment happen in the order in which they were planned. */
  readonly order: number;
  run: (() => void) | undefined;
}

const isBefore = (a: Event, b: Event): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** A clock that jumps from event to event. Between two of them everything that was awaited goes on. */
export class VirtualTime implements Timers {
  /** A binary heap, the next event first. */
  readonly #heap: Event[] = [];
  #nowMs = 0;
  #planned = 0;

  now(): number {
    return this.#nowMs;
  }

  /** @returns a function that calls it off. */
  after(ms: number, run: () => void): () => void {
    const event: Event = { atMs: this.#nowMs + Math.max(0, ms), order: this.#planned, run };
    this.#planned += 1;
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  every(ms: number, run: () => void): () => void {
    let callOff = (): void => {};
    const again = (): void => {
      callOff = this.after(ms, () => {
        again();
        run();
      });
    };
    again();
    return () => callOff();
  }

  /** Runs what happens until then, and stops early when `isDone` says so. */
  async runUntil(endMs: number, isDone: () => boolean = () => false): Promise<void> {
    for (let next = this.#heap[0]; next && next.atMs <= endMs; next = this.#heap[0]) {
      this.#pop();
      if (next.run === undefined) continue;
      this.#nowMs = next.atMs;
      next.run();
      // Whatever is awaited in the simulated programs is a microtask: one turn of the loop ends them all.
      await settle();
      if (isDone()) return;
    }
    this.#nowMs = endMs;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(event, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
      const least = left && right && isBefore(right, left) ? right : left;
      if (least === undefined || !isBefore(least, last)) break;
      heap[index] = least;
      index = least === left ? 2 * index + 1 : 2 * index + 2;
    }
    heap[index] = last;
  }
}
