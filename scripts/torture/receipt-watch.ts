import { type Packet, parser as packetParser } from 'mqtt-packet';
import { receiptMessageSchema } from '../../shared/wire/messages.ts';
import type { HubTruth } from './hub-truth.ts';
import type { Violations } from './violations.ts';

/**
 * Reads what goes to a station, and holds every receipt against the hub's file at that moment: a
 * receipt for what is not committed is a lie, whether or not anybody is killed before it comes true.
 */
export class ReceiptWatch {
  readonly #hub: HubTruth;
  readonly #violations: Violations;
  #count = 0;

  constructor(hub: HubTruth, violations: Violations) {
    this.#hub = hub;
    this.#violations = violations;
  }

  /** Receipts seen so far. */
  get count(): number {
    return this.#count;
  }

  /** For one connection: reads it as it was sent, whatever the proxy then does with it. */
  listen(): (chunk: Buffer) => void {
    const parser = packetParser({ protocolVersion: 4 });
    let isReadable = true;
    parser.on('packet', (packet: Packet) => this.#look(packet));
    parser.on('error', (error: Error) => {
      isReadable = false;
      this.#violations.add(`the broker said what is no MQTT: ${error.message}`);
    });
    return (chunk) => {
      if (isReadable) parser.parse(chunk);
    };
  }

  /** For one connection to the hub's door, on which there is one answer. */
  listenHttp(): (chunk: Buffer) => void {
    let said = '';
    return (chunk) => {
      said += chunk.toString();
      const [head = '', body = ''] = said.split('\r\n\r\n');
      const length = Number(/^content-length: (\d+)\r?$/im.exec(head)?.[1]);
      // A receipt is ASCII: its bytes are its characters.
      if (head.startsWith('HTTP/1.1 200') && body.length === length) this.#check(body);
    };
  }

  #look(packet: Packet): void {
    if (packet.cmd !== 'publish' || !packet.topic.endsWith('/receipt')) return;
    this.#check(packet.payload.toString());
  }

  #check(receipt: string): void {
    const json: unknown = JSON.parse(receipt);
    const { station, epoch, lane, through } = receiptMessageSchema.parse(json);
    this.#count += 1;
    const committed = this.#hub.through(station, epoch, lane);
    if (through > committed) {
      this.#violations.add(
        `a receipt went out to ${station} for ${lane} ${through}, when ${committed} was committed`,
      );
    }
  }
}
