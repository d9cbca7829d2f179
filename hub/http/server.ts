import Fastify from 'fastify';
import type { Registry } from 'prom-client';
import type { Log } from '../../shared/log.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free one; `port` of the result then says which. */
  readonly port: number;
  readonly registry: Registry;
  /** What is wrong with the hub itself. Rejects when it cannot work: its store does not answer. */
  readonly troubles: () => Promise<readonly HubTrouble[]>;
  readonly log: Log;
}

/** Such as a broker that is not reached. No start of the hub would mend it. */
export interface HubTrouble {
  readonly kind: string;
  /** Such as the notifier's name. */
  readonly part: string | null;
  readonly detail: string;
  readonly begunAt: string;
}

export interface HttpServer {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * The hub's HTTP side: `GET /metrics` in Prometheus' text format, `GET /healthz` for whoever
 * restarts a hub that does not work. It is well as long as its store answers: what else is wrong with it
 * is told there, and is mended by no restart.
 * @throws the listener's error, such as EADDRINUSE
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, registry, troubles, log } = options;
  const app = Fastify({ forceCloseConnections: true });
  app.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
  app.get('/healthz', async (_request, reply) => {
    try {
      const open = await troubles();
      const told = open.map(({ kind, part, detail, begunAt }) => ({ kind, part, detail, begunAt }));
      return { ok: true, troubles: told };
    } catch (error) {
      log.error({ err: error }, 'the store does not answer');
      return reply.code(503).send({ ok: false, reason: 'the store does not answer' });
    }
  });
  await app.listen({ host, port });
  const address = app.server.address();
  const listening = address !== null && typeof address === 'object' ? address.port : port;
  return { port: listening, stop: () => app.close() };
}
