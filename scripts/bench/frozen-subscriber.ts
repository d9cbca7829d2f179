import { feedFilter } from '../../shared/wire/topics.ts';
import type { Program } from '../../test/support/program.ts';
import {
  connackAccepted,
  connectPacket,
  RawClient,
  subscribePacket,
} from '../../test/support/raw-mqtt.ts';

/** MQTT 3.1.1 §3.9: granted with QoS 0. */
const suback = Buffer.from([0x90, 3, 0, 1, 0]);

/** Somebody who follows the feed and stops reading. The hub cuts such a one off; another takes its place. */
export class FrozenSubscriber {
  readonly #port: number;
  readonly #hub: Pick<Program, 'output'>;
  #client: RawClient | undefined;
  /** How many there have been. */
  count = 0;

  /** @param hub the program that listens on `port`, and says on its log whom it cut */
  constructor(port: number, hub: Pick<Program, 'output'>) {
    this.#port = port;
    this.#hub = hub;
  }

  /** Fulfils once there is one that reads nothing any more. */
  async freeze(): Promise<void> {
    // Who reads nothing never learns of the end of the connection either: the hub tells.
    if (this.#client !== undefined && !this.#hub.output.includes(`frozen-${this.count}:`)) return;
    await this.stop();
    const client = await RawClient.open(this.#port);
    this.count += 1;
    client.socket.write(connectPacket(`frozen-${this.count}`));
    await client.receive(connackAccepted);
    client.socket.write(subscribePacket(feedFilter));
    await client.receive(suback);
    client.socket.pause();
    this.#client = client;
  }

  async stop(): Promise<void> {
    await this.#client?.stop();
  }
}
