import rateLimit from '@fastify/rate-limit';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { BusMessage } from '../../shared/bus/bus.ts';
import type { Log } from '../../shared/log.ts';
import { alarmMessageBytesMax } from '../../shared/wire/limits.ts';
import type { ReceiptMessage } from '../../shared/wire/messages.ts';
import { stationTopic } from '../../shared/wire/topics.ts';
import { boundSilentConnections } from '../bus/silent-connections.ts';
import type { TlsPair } from '../bus/tls-files.ts';
import type { Answer } from '../ingest/ingest.ts';

export interface StationServerOptions {
  readonly host: string;
  /** 0 takes any free one; `port` of the result then says which. */
  readonly port: number;
  /** PEM texts; needed on every address but loopback. */
  readonly tls?: TlsPair;
  /** Takes a message as if the bus had brought it. Rejects when the store failed. */
  readonly take: (message: BusMessage) => Promise<Answer>;
  /** Seals what the hub says; undefined when the station may not hear it. */
  readonly seal: (receipt: ReceiptMessage) => Buffer | undefined;
  /** Told why a request was turned away before it became a message. */
  readonly onTurnedAway: (reason: HttpReason) => void;
  readonly log: Log;
}

/** Why a request was turned away before anybody looked at its message. */
export type HttpReason = 'http-too-many' | 'http-oversized' | 'http-malformed';

export interface StationServer {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Requests of one address that are refused in a minute as what they are; after that each is told to come
 * later. Only refused ones count here, and a sound message is taken all the same: a street shares an
 * address, and who sends junk from it must not shut the door for the alarms of the others so easily.
 */
export const refusedPerMinuteMax = 120;
/**
 * Requests of one address in a minute, whatever they are: so many MACs are checked for it at most. A
 * station asks again every ten seconds at most once it has waited for long, so this is five times what a
 * street of twenty behind one router sends, all calling for help.
 */
export const requestsPerMinuteMax = 600;
const minuteMs = 60_000;
/** Addresses that are remembered for each; the one not heard of for longest is forgotten first. */
const addressesMax = 5_000;
/** Time for one whole request; a message is one packet or two. */
const requestTimeoutMs = 10_000;
/** A station makes a connection for each attempt: nothing is gained by keeping idle ones. */
const idleMs = 5_000;
/** Some for each station of a district (5,000, DESIGN) would be no second path: those few that call for help. */
const connectionsMax = 1_000;

/** The only words that a stranger ever hears. */
const words = {
  refused: { error: 'refused' },
  tooMany: { error: 'too many requests' },
  notStored: { error: 'not stored' },
} as const;

/**
 * The second path of an alarm: `POST /v1/station/:id/alarm` with the very bytes that would go over
 * MQTT is answered with the very receipt that would come back, after the commit. The MAC proves who
 * asks and who answers; TLS only hides it.
 * @throws the listener's error, such as EADDRINUSE
 */
export async function startStationServer(options: StationServerOptions): Promise<StationServer> {
  const { host, port, tls, take, seal, onTurnedAway, log } = options;
  const app: FastifyInstance = Fastify({
    https: tls === undefined ? null : { ...tls, handshakeTimeout: requestTimeoutMs },
    bodyLimit: alarmMessageBytesMax,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: idleMs,
    forceCloseConnections: true,
  });
  app.server.maxConnections = connectionsMax;
  const heard = boundSilentConnections(app.server, (detail) => log.warn({ detail }, 'HTTP'));
  app.addHook('onRequest', async (request) => heard(request.raw.socket));
  app.removeAllContentTypeParsers();
  // The bytes as they came: the MAC is over them, and nothing of them is believed before it.
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  await app.register(rateLimit, {
    max: requestsPerMinuteMax,
    timeWindow: minuteMs,
    cache: addressesMax,
    addHeaders: withoutCounts,
    addHeadersOnExceeding: withoutCounts,
  });
  const turnAway = refuser(app, onTurnedAway);
  answerFaults(app, { turnAway, onTurnedAway, log });
  app.post<{ Params: { id: string } }>('/v1/station/:id/alarm', async (request, reply) => {
    const { body, params } = request;
    if (!(body instanceof Uint8Array))
      return turnAway(request, reply, { status: 400, reason: 'http-malformed' });
    const sealed = await receiptFor({ take, seal }, params.id, body);
    if (sealed === undefined) return turnAway(request, reply, { status: 403 });
    return reply.type('application/json').send(sealed);
  });
  await app.listen({ host, port });
  const address = app.server.address();
  const listening = address !== null && typeof address === 'object' ? address.port : port;
  return { port: listening, stop: () => app.close() };
}

/**
 * @param station whose door it came through, which is not yet proven
 * @returns the hub's sealed receipt, or undefined when it was refused
 * @throws when the store failed
 */
export async function receiptFor(
  { take, seal }: Pick<StationServerOptions, 'take' | 'seal'>,
  station: string,
  payload: Uint8Array,
): Promise<Buffer | undefined> {
  const topic = stationTopic(station, 'alarm');
  const answer = await take({ topic, payload, retained: false });
  return answer.kind === 'receipt' ? seal(answer.receipt) : undefined;
}

/** How many requests are left is nobody's business; when to come again (RFC 9110 §10.2.3) is. */
const withoutCounts = {
  'x-ratelimit-limit': false,
  'x-ratelimit-remaining': false,
  'x-ratelimit-reset': false,
} as const;

type TurnedAway = StationServerOptions['onTurnedAway'];

interface Refusal {
  readonly status: number;
  /** Why, where nobody looked at a message; who did has counted it. */
  readonly reason?: HttpReason;
}

type TurnAway = (
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
) => Promise<FastifyReply>;

/** @returns what refuses a request, and counts it for its address */
function refuser(app: FastifyInstance, onTurnedAway: TurnedAway): TurnAway {
  const count = app.createRateLimit({ max: refusedPerMinuteMax, timeWindow: minuteMs });
  return async (request, reply, { status, reason }) => {
    if (reason !== undefined) onTurnedAway(reason);
    const limit = await count(request);
    if (limit.isAllowed || !limit.isExceeded) return reply.code(status).send(words.refused);
    onTurnedAway('http-too-many');
    reply.header('retry-after', limit.ttlInSeconds);
    return reply.code(429).send(words.tooMany);
  };
}

function answerFaults(
  app: FastifyInstance,
  {
    turnAway,
    onTurnedAway,
    log,
  }: Pick<StationServerOptions, 'onTurnedAway' | 'log'> & { readonly turnAway: TurnAway },
): void {
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) =>
    turnAway(request, reply, { status: 404, reason: 'http-malformed' }),
  );
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { statusCode = 500 } = error;
    if (statusCode === 429) {
      onTurnedAway('http-too-many');
      return reply.code(429).send(words.tooMany);
    }
    if (statusCode === 413) {
      return turnAway(request, reply, { status: 413, reason: 'http-oversized' });
    }
    if (statusCode < 500) {
      return turnAway(request, reply, { status: statusCode, reason: 'http-malformed' });
    }
    log.error({ err: error }, 'an alarm that came over HTTPS could not be stored');
    return reply.code(503).send(words.notStored);
  });
}
