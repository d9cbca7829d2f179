import { Socket } from 'node:net';
import type { Client } from 'aedes';
import {
  feedFilter,
  hubPresenceTopic,
  stationMayPublish,
  stationMaySubscribe,
} from '../../shared/wire/topics.ts';

/** Who is at the other end of a connection. */
export type Principal =
  | { readonly kind: 'station'; readonly id: string }
  | { readonly kind: 'feed' };

/** Why an account may not log in. */
export interface LogInRefused {
  readonly kind: 'refused';
  readonly reason: 'unknown-station' | 'revoked-station' | 'wrong-password';
}

/** Says who may connect; asked once a connection. */
export type Authenticate = (
  username: string,
  password: string,
) => Promise<Principal | LogInRefused | undefined>;

const feedPrefix = feedFilter.slice(0, -1);

/** What the feed account reads: what happened, and which stations and hubs are there. */
const feedReads = (filter: string): boolean =>
  filter.startsWith(feedPrefix) ||
  filter === hubPresenceTopic ||
  /^yizhan\/v1\/station\/[^/#]+\/(presence|health)$/.test(filter);

/** A station publishes below its own id; the feed account publishes nothing (DESIGN, Trust). */
export const mayPublish = (principal: Principal | undefined, topic: string): boolean =>
  principal?.kind === 'station' && stationMayPublish(principal.id, topic);

export function maySubscribe(principal: Principal | undefined, filter: string): boolean {
  if (principal === undefined) return false;
  return principal.kind === 'station'
    ? stationMaySubscribe(principal.id, filter)
    : feedReads(filter);
}

const loopback = /^(127\.|::1$|::ffff:127\.)/;

/** @returns the socket of a client; a TLS socket is one too. */
export const socketOf = ({ conn }: Client): Socket | undefined =>
  conn instanceof Socket ? conn : undefined;

/** Who is on this machine may read the feed without an account; the rest of the world needs one. */
export const isLocal = (client: Client): boolean => {
  const remoteAddress = socketOf(client)?.remoteAddress;
  return remoteAddress !== undefined && loopback.test(remoteAddress);
};
