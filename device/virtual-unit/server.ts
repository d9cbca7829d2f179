import { readFileSync } from 'node:fs';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Log } from '../../shared/log.ts';
import { InvalidUid } from '../reader/uid.ts';
import type { VirtualUnit } from './unit.ts';

export interface VirtualUnitOptions {
  /** On 127.0.0.1; 0 takes any free one. */
  readonly port: number;
  readonly unit: VirtualUnit;
  readonly log: Log;
}

export interface VirtualUnitServer {
  readonly url: string;
  stop(): Promise<void>;
}

const bodyBytesMax = 4096;
/** Proxies and browsers give up on a silent stream after a minute or so. */
const keepAliveMs = 15_000;

/** A page that never says "up" (closed, or out of battery) must not hold the button for ever. */
const buttonHeldMaxMs = 30_000;

const tapSchema = z.strictObject({ uid: z.string().max(64) });
const pressSchema = z.strictObject({ holdMs: z.int().min(1).max(60_000) });
const buttonSchema = z.strictObject({ edge: z.enum(['down', 'up']) });

const pageFiles = {
  '/': ['page.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/words.js': ['words.js', 'text/javascript; charset=utf-8'],
} as const;

/**
 * Serves the page that draws the unit, and the same as JSON, on 127.0.0.1 only.
 * @throws the listener's error, such as EADDRINUSE
 */
export async function startVirtualUnit(options: VirtualUnitOptions): Promise<VirtualUnitServer> {
  const app = Fastify({ bodyLimit: bodyBytesMax, forceCloseConnections: true });
  app.addHook('onRequest', refuseStrangers);
  app.setErrorHandler((error, _request, reply) => answerError(options.log, error, reply));
  for (const [path, [file, type]] of Object.entries(pageFiles)) {
    const content = readFileSync(new URL(`page/${file}`, import.meta.url));
    app.get(path, (_request, reply) => reply.type(type).send(content));
  }
  const endControls = addControls(app, options.unit);
  const endEvents = addEvents(app, options.unit);
  const url = await app.listen({ host: '127.0.0.1', port: options.port });
  return {
    url,
    async stop() {
      endEvents();
      endControls();
      await app.close();
    },
  };
}

function addControls(app: FastifyInstance, unit: VirtualUnit): () => void {
  let letGo: NodeJS.Timeout | undefined;
  app.get('/panel', () => unit.view());
  app.post('/tap', (request, reply) => {
    unit.tap(tapSchema.parse(request.body).uid);
    return reply.code(202).send(unit.view());
  });
  app.post('/press', (request, reply) => {
    unit.press(pressSchema.parse(request.body).holdMs);
    return reply.code(202).send(unit.view());
  });
  app.post('/button', (request, reply) => {
    const { edge } = buttonSchema.parse(request.body);
    clearTimeout(letGo);
    if (edge === 'down') letGo = setTimeout(() => unit.button('up'), buttonHeldMaxMs);
    unit.button(edge);
    return reply.code(202).send(unit.view());
  });
  return () => clearTimeout(letGo);
}

/** Server-sent events: the unit as it stands, at each change. @returns a function that ends the streams. */
function addEvents(app: FastifyInstance, unit: VirtualUnit): () => void {
  const streams = new Set<FastifyReply>();
  const endListening = unit.onChange(() => {
    for (const { raw } of streams) raw.write(`data: ${JSON.stringify(unit.view())}\n\n`);
  });
  const keepAlive = setInterval(() => {
    for (const { raw } of streams) raw.write(':\n\n');
  }, keepAliveMs);
  app.get('/events', (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    reply.raw.write(`data: ${JSON.stringify(unit.view())}\n\n`);
    streams.add(reply);
    reply.raw.on('close', () => {
      streams.delete(reply);
      // Who held the button on a page that is gone holds it no longer; a page that stays presses again.
      unit.button('up');
    });
  });
  return () => {
    clearInterval(keepAlive);
    endListening();
    for (const { raw } of streams) raw.end();
  };
}

const localNames = ['127.0.0.1', 'localhost', '[::1]'];

/** Another site that the browser has open must not press the button: neither by its own name for this address, nor across origins. */
async function refuseStrangers(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { host = '', origin } = request.headers;
  const isLocal = localNames.includes(host.replace(/:\d+$/, ''));
  const isSame = origin === undefined || origin === `http://${host}`;
  if (!isLocal || !isSame)
    await reply.code(403).send({ error: 'this page is for this machine only' });
}

function answerError(log: Log, error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof z.ZodError) return reply.code(400).send({ error: z.prettifyError(error) });
  if (error instanceof InvalidUid) return reply.code(400).send({ error: error.message });
  const status = z.looseObject({ statusCode: z.int(), message: z.string() }).safeParse(error);
  if (status.success && status.data.statusCode < 500) {
    return reply.code(status.data.statusCode).send({ error: status.data.message });
  }
  log.error({ err: error }, 'the virtual unit failed');
  return reply.code(500).send({ error: 'the virtual unit failed: see the log' });
}
