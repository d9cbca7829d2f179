import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { generate, type IPublishPacket, type Parser, parser } from 'mqtt-packet';

export interface LoadClientOptions {
  readonly port: number;
  readonly clientId: string;
  readonly account?: { readonly username: string; readonly password: string };
  /** What it subscribes to, with QoS 1. */
  readonly filter?: string;
  readonly onMessage?: (payload: Uint8Array) => void;
}

const messageIdMax = 65_535;

/**
 * An MQTT client that costs the two cores as little as it can: what it sends was encoded before the
 * clock starts, and it does nothing with what it hears but tell it.
 */
export class LoadClient {
  readonly #socket: Socket;
  readonly #parser: Parser = parser({ protocolVersion: 4 });
  readonly #options: LoadClientOptions;
  #queue: readonly Buffer[] = [];
  #next = 0;
  #acknowledged = 0;
  #finished: (() => void) | undefined;
  #granted: (() => void) | undefined;

  private constructor(options: LoadClientOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#parser.parse(bytes));
    socket.on('error', (error) => {
      throw new Error(`${options.clientId} lost its connection`, { cause: error });
    });
    this.#parser.on('packet', (packet) => this.#take(packet));
  }

  /** Fulfils once it is connected and subscribed. */
  static async connect(options: LoadClientOptions): Promise<LoadClient> {
    const socket = connect(options.port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new LoadClient(options, socket);
    const granted = new Promise<void>((resolve) => {
      client.#granted = resolve;
    });
    const { clientId, account, filter } = options;
    const login =
      account === undefined
        ? {}
        : { username: account.username, password: Buffer.from(account.password) };
    socket.write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId,
        ...login,
      }),
    );
    if (filter !== undefined) {
      socket.write(
        generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos: 1 }] }),
      );
    }
    await granted;
    return client;
  }

  /** @returns QoS 1 publishes, ready to be written. */
  static encode(topic: string, payloads: readonly Buffer[]): Buffer[] {
    return payloads.map((payload, index) => {
      const messageId = (index % messageIdMax) + 1;
      const publish: IPublishPacket = {
        cmd: 'publish',
        qos: 1,
        dup: false,
        retain: false,
        messageId,
        topic,
        payload,
      };
      return generate(publish);
    });
  }

  /** Sends them all, `inFlightMax` unacknowledged at most; fulfils when the last is acknowledged. */
  async send(packets: readonly Buffer[], inFlightMax: number): Promise<void> {
    if (packets.length === 0) return;
    [this.#queue, this.#next, this.#acknowledged] = [packets, 0, 0];
    const finished = new Promise<void>((resolve) => {
      this.#finished = resolve;
    });
    for (let sent = 0; sent < inFlightMax; sent += 1) this.#sendNext();
    await finished;
  }

  stop(): void {
    this.#socket.destroy();
  }

  #take(packet: Parameters<typeof generate>[0]): void {
    switch (packet.cmd) {
      case 'connack':
        if (packet.returnCode !== 0) throw new Error(`${this.#options.clientId} was refused`);
        if (this.#options.filter === undefined) this.#granted?.();
        break;
      case 'suback':
        this.#granted?.();
        break;
      case 'puback':
        this.#acknowledged += 1;
        if (this.#acknowledged === this.#queue.length) this.#finished?.();
        else this.#sendNext();
        break;
      case 'publish':
        if (packet.qos === 1) {
          this.#socket.write(generate({ cmd: 'puback', messageId: packet.messageId ?? 0 }));
        }
        this.#options.onMessage?.(
          typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload,
        );
        break;
      default:
        break;
    }
  }

  #sendNext(): void {
    const packet = this.#queue[this.#next];
    if (packet === undefined) return;
    this.#next += 1;
    this.#socket.write(packet);
  }
}
