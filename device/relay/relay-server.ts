import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Log } from '../../shared/log.ts';
import type { Timers } from '../../shared/timers.ts';
import { decodeStationMessage } from '../../shared/wire/codec.ts';
import { alarmMessageBytesMax } from '../../shared/wire/limits.ts';
import { carriedMac } from '../../shared/wire/mac.ts';
import type { Carried } from './carrier.ts';

export interface RelayServerOptions {
  readonly host: string;
  /** 0 takes any free one; `port` of the result then says which. */
  readonly port: number;
  /** Whose relay this is: its own alarms are not for it to carry. */
  readonly station: string;
  readonly carry: (message: Uint8Array) => Promise<Carried>;
  readonly timers: Timers;
  readonly log: Log;
}

export interface RelayServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Requests of one address in a minute: a neighbour in need asks a dozen times. */
export const relayedPerMinuteMax = 30;
/** A local network has 250 addresses or so; one not heard of for longest is forgotten first. */
const addressesMax = 500;
/** Alarms under way to the hub at a time: each is a message on the connection that our own alarm needs. */
export const inFlightMax = 8;
const connectionsMax = 64;
/** For a whole request to come in; a message is one packet or two. */
const requestTimeoutMs = 5_000;
/** How often the log says what was turned away: a flood of requests is not one of lines. */
const tellEveryMs = 60_000;

/** Every answer that is no receipt: one word, the same for all. */
const words = {
  refused: { error: 'refused' },
  tooMany: { error: 'too many requests' },
  unreachable: { error: 'hub not reachable' },
} as const;

/**
 * Where neighbours bring their alarms: `POST /v1/relay/alarm` with the bytes that the hub would get.
 * Plain HTTP: origin and hub check each other's MAC over these bytes, and nobody in between can.
 * @throws the listener's error, such as EADDRINUSE
 */
export async function startRelayServer(options: RelayServerOptions): Promise<RelayServer> {
  const { host, port, station, carry, timers, log } = options;
  const turnedAway = new TurnedAway(log);
  const app = Fastify({
    bodyLimit: alarmMessageBytesMax,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: 2 * requestTimeoutMs,
    forceCloseConnections: true,
  });
  app.server.maxConnections = connectionsMax;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  await app.register(rateLimit, {
    max: relayedPerMinuteMax,
    timeWindow: 60_000,
    cache: addressesMax,
  });
  answerFaults(app, turnedAway);
  let inFlight = 0;
  app.post('/v1/relay/alarm', async ({ body }, reply) => {
    if (!(body instanceof Uint8Array) || !isNeighboursAlarm(body, station)) {
      turnedAway.count('no alarm');
      return reply.code(400).send(words.refused);
    }
    if (inFlight >= inFlightMax) {
      turnedAway.count('too many at once');
      return reply.code(503).send(words.tooMany);
    }
    inFlight += 1;
    try {
      const carried = await carry(body);
      if (carried.kind === 'receipt') return reply.type('application/json').send(carried.receipt);
      const isRefused = carried.kind === 'refused';
      turnedAway.count(isRefused ? 'refused by the hub' : 'hub not reachable');
      return isRefused
        ? reply.code(403).send(words.refused)
        : reply.code(503).send(words.unreachable);
    } finally {
      inFlight -= 1;
    }
  });
  const endTelling = timers.every(tellEveryMs, () => turnedAway.tell());
  try {
    await app.listen({ host, port });
  } catch (error) {
    endTelling();
    throw error;
  }
  const address = app.server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : port,
    async stop() {
      endTelling();
      turnedAway.tell();
      await app.close();
    },
  };
}

/** Whether its MAC is right only the hub can tell. @param own the station that is asked to carry it */
export function isNeighboursAlarm(body: Uint8Array, own: string): boolean {
  const decoded = decodeStationMessage(body);
  if (!decoded.ok || carriedMac(body) === undefined) return false;
  return decoded.value.kind === 'alarm' && decoded.value.station !== own;
}

function answerFaults(app: FastifyInstance, turnedAway: TurnedAway): void {
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (_request, reply) => {
    turnedAway.count('no alarm');
    return reply.code(404).send(words.refused);
  });
  app.setErrorHandler(({ statusCode = 500, message }: FastifyError, _request, reply) => {
    const isFlood = statusCode === 429;
    turnedAway.count(isFlood ? 'too many of one address' : statusCode < 500 ? 'no alarm' : message);
    return reply.code(statusCode).send(isFlood ? words.tooMany : words.refused);
  });
}

/** Counts who was turned away and why, for one line a minute. */
class TurnedAway {
  readonly #log: Log;
  readonly #counts = new Map<string, number>();

  constructor(log: Log) {
    this.#log = log;
  }

  count(why: string): void {
    this.#counts.set(why, (this.#counts.get(why) ?? 0) + 1);
  }

  tell(): void {
    if (this.#counts.size === 0) return;
    this.#log.warn({ turnedAway: Object.fromEntries(this.#counts) }, 'relay');
    this.#counts.clear();
  }
}
