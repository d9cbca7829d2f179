/** Lets one thing happen at a time, in the order in which they are asked for. */
export class Gate {
  #idle: Promise<unknown> = Promise.resolve();

  /** Does something while nothing else that came through here is under way. */
  pass<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#idle.then(work);
    // The caller hears of a failure; the next goes on.
    this.#idle = done.catch(() => undefined);
    return done;
  }
}
