import Fastify from 'fastify';
import type { Registry } from 'prom-client';
import type { Log } from '../../shared/log.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes any free one; `port` of the result then says which. */
  readonly port: number;
  readonly registry: Registry;
  /** Rejects when the hub cannot work, for instance because its store does not answer. */
  readonly check: () => Promise<unknown>;
  readonly log: Log;
}

export interface HttpServer {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * The hub's HTTP side: `GET /metrics` in Prometheus' text format, `GET /healthz` for whoever
 * restarts a hub that does not work.
 * @throws the listener's error, such as EADDRINUSE
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, registry, check, log } = options;
  const app = Fastify({ forceCloseConnections: true });
  app.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
  app.get('/healthz', async (_request, reply) => {
    try {
      await check();
      return { ok: true };
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
