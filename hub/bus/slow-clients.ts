import type { Socket } from 'node:net';

/** What may wait in memory for one subscriber; about a minute of a busy district's feed. */
export const unsentBytesMax = 4 * 1024 * 1024;
/** The fastest feed that was measured, 15,000 messages of 300 bytes a second, adds about 1 MiB in this time. */
const watchEveryMs = 250;

/**
 * Cuts subscribers that do not read: what is written to them stays in this process's memory.
 * @returns a function that ends the watch
 */
export function dropSlowClients(
  sockets: ReadonlySet<Socket>,
  onDrop: (detail: string) => void,
): () => void {
  const watch = setInterval(() => {
    for (const socket of sockets) {
      if (socket.writableLength <= unsentBytesMax) continue;
      onDrop(`a subscriber that does not read was cut, ${socket.writableLength} bytes unsent`);
      socket.destroy();
    }
  }, watchEveryMs);
  return () => clearInterval(watch);
}
