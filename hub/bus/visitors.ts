import type { Aedes, Client } from 'aedes';
import { type Authenticate, isLocal, type Principal } from './broker-access.ts';

/** Why somebody was turned away at the broker's door, or held back there. */
export type DoorReason =
  | 'unknown-station'
  | 'revoked-station'
  | 'wrong-password'
  | 'stolen-name'
  | 'foreign-topic';

export interface TurnedAway {
  readonly reason: DoorReason;
  /** The account that was named: no station, perhaps. */
  readonly account: string;
  /** What was published, where something was. */
  readonly topic: string;
}

/** Who is connected to the broker, and as whom. */
export class Visitors {
  readonly #authenticate: Authenticate;
  readonly #onTurnedAway: (one: TurnedAway) => void;
  readonly #principals = new WeakMap<Client, Principal>();
  readonly #clients = new Set<Client>();

  constructor(authenticate: Authenticate, onTurnedAway: (one: TurnedAway) => void) {
    this.#authenticate = authenticate;
    this.#onTurnedAway = onTurnedAway;
  }

  watch(broker: Pick<Aedes, 'on'>): void {
    broker.on('client', (client) => this.#clients.add(client));
    broker.on('clientDisconnect', (client) => this.#clients.delete(client));
  }

  /** @returns as whom the client was let in, or undefined. */
  of(client: Client): Principal | undefined {
    return this.#principals.get(client);
  }

  /** @returns whether the client may come in. */
  async admit(client: Client, account: string | undefined, password: string): Promise<boolean> {
    const principal =
      account === undefined ? anonymous(client) : await this.#authenticate(account, password);
    const refused = reasonAgainst(client, principal);
    if (refused !== undefined) {
      this.turnAway({ reason: refused, account: account ?? '', topic: '' });
      return false;
    }
    if (principal?.kind === 'refused' || principal === undefined) return false;
    this.#principals.set(client, principal);
    return true;
  }

  turnAway(one: TurnedAway): void {
    this.#onTurnedAway(one);
  }

  /** Ends the connections of the stations that `isUnwanted` names; they may try to come back. */
  disconnect(isUnwanted: (station: string) => boolean): void {
    for (const client of this.#clients) {
      const principal = this.of(client);
      if (principal?.kind === 'station' && isUnwanted(principal.id)) client.close();
    }
  }
}

const anonymous = (client: Client): Principal | undefined =>
  isLocal(client) ? { kind: 'feed' } : undefined;

function reasonAgainst(
  client: Client,
  principal: Awaited<ReturnType<Authenticate>>,
): DoorReason | undefined {
  if (principal === undefined) return 'wrong-password';
  if (principal.kind === 'refused') return principal.reason;
  // A station's client id is its own, or another could throw it out by taking it (MQTT 3.1.1 §3.1.4).
  const isStolen =
    principal.kind === 'station' ? client.id !== principal.id : client.id.startsWith('st-');
  return isStolen ? 'stolen-name' : undefined;
}
