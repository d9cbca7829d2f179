const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Finds the frames in a stream of bytes, however it is cut. Neither LF nor CR stands inside a frame. */
export class FrameSplitter {
  #held: Buffer = Buffer.alloc(0);

  /** @returns what ended with a CR, from its last LF on; without one, it is what came, for the decoder to refuse */
  push(chunk: Uint8Array): Buffer[] {
    const bytes = Buffer.concat([this.#held, chunk]);
    const pieces: Buffer[] = [];
    let from = 0;
    for (let end = bytes.indexOf(carriageReturn); end !== -1; ) {
      const piece = bytes.subarray(from, end + 1);
      pieces.push(piece.subarray(Math.max(0, piece.lastIndexOf(lineFeed))));
      from = end + 1;
      end = bytes.indexOf(carriageReturn, from);
    }
    this.#held = bytes.subarray(from);
    return pieces;
  }
}
