import type { Server, Socket } from 'node:net';

/**
 * Connections that have not yet said who they are. A client says so in its first packet, within a
 * round trip or two, so that a whole district coming back at once (5,000 stations, over some
 * seconds of jittered backoff) does not fill this; who fills it is there to wait.
 */
export const silentConnectionsMax = 500;

/** What the TCP socket and the TLS socket upon it have in common. */
const nameOf = (socket: Socket | undefined): string =>
  `${socket?.remoteAddress} port ${socket?.remotePort}`;

/**
 * Cuts the oldest silent connection for each new one above the limit: cutting the newest would let
 * anybody who holds enough of them keep every station out. TLS handshakes count as well.
 * @returns a function to call when a connection has sent its CONNECT
 */
export function boundSilentConnections(
  server: Server,
  onDrop: (detail: string) => void,
): (socket: Socket | undefined) => void {
  const silent = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    const [oldest] = silent;
    if (silent.size >= silentConnectionsMax && oldest !== undefined) {
      silent.delete(oldest[0]);
      onDrop(`${oldest[0]}: said nothing, and ${silentConnectionsMax} others wait`);
      oldest[1].destroy();
    }
    silent.set(name, socket);
    socket.on('close', () => silent.delete(name));
  });
  return (socket) => {
    silent.delete(nameOf(socket));
  };
}
