import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Log } from '../../shared/log.ts';
import { InvalidUid } from '../reader/uid.ts';
import { ButtonHolders } from './button-holders.ts';
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
/** A page that hears nothing for longer says that the station is gone: a hung one closes no stream. */
const speakEveryMs = 5000;
/** A page that does not read, such as a sleeping one, is cut off; it opens a new stream when it wakes. */
const unreadBytesMax = 1_000_000;

/** A page that never says "up" (closed, or out of battery) must not hold the button for ever. */
const buttonHeldMaxMs = 30_000;

/** Programs give no page: they hold the button in common. */
const nobody = '';
const pageSchema = z.string().max(64).default(nobody);

const tapSchema = z.strictObject({ uid: z.string().max(64) });
/** Long enough to try a button that is stuck. */
const pressMsMax = 120_000;
const pressSchema = z.strictObject({ holdMs: z.int().min(1).max(pressMsMax) });
const buttonSchema = z.strictObject({ edge: z.enum(['down', 'up']), page: pageSchema });
const eventsSchema = z.object({ page: pageSchema });

const css = 'text/css; charset=utf-8';
const javascript = 'text/javascript; charset=utf-8';
const pageFiles = {
  '/': ['page.html', 'text/html; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
  '/page.css': ['page.css', css],
  '/unit.css': ['unit.css', css],
  '/page.js': ['page.js', javascript],
  '/button.js': ['button.js', javascript],
  '/lamp.js': ['lamp.js', javascript],
  '/sound.js': ['sound.js', javascript],
  '/station.js': ['station.js', javascript],
  '/words.js': ['words.js', javascript],
  '/words/en.js': ['words/en.js', javascript],
  '/words/ko.js': ['words/ko.js', javascript],
  '/words/zh.js': ['words/zh.js', javascript],
} as const;

const pageHeaders = {
  // Nothing from elsewhere; and no other site may lay the red button under an innocent one.
  'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
  // The page is as old as the station that serves it, never older.
  'cache-control': 'no-cache',
};

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
    app.get(path, (_request, reply) => reply.headers(pageHeaders).type(type).send(content));
  }
  const { unit } = options;
  const holders = new ButtonHolders((edge) => unit.button(edge), buttonHeldMaxMs);
  addControls(app, unit, holders);
  const endEvents = addEvents(app, unit, (page) => holders.up(page));
  const url = await app.listen({ host: '127.0.0.1', port: options.port });
  return {
    url,
    async stop() {
      endEvents();
      holders.stop();
      await app.close();
    },
  };
}

function addControls(app: FastifyInstance, unit: VirtualUnit, holders: ButtonHolders): void {
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
    const { edge, page } = buttonSchema.parse(request.body);
    holders[edge](page);
    return reply.code(202).send(unit.view());
  });
}

/**
 * Server-sent events: the unit as it stands, at each change. Tells when a page's last stream has closed.
 * @returns a function that ends the streams.
 */
function addEvents(
  app: FastifyInstance,
  unit: VirtualUnit,
  onPageGone: (page: string) => void,
): () => void {
  const streams = new Map<ServerResponse, string>();
  const speak = (): void => {
    const event = `data: ${JSON.stringify(unit.view())}\n\n`;
    for (const stream of streams.keys()) {
      if (stream.writableLength > unreadBytesMax) stream.destroy();
      else stream.write(event);
    }
  };
  const endListening = unit.onChange(speak);
  const timer = setInterval(speak, speakEveryMs);
  app.get('/events', (request, reply) => {
    const { page } = eventsSchema.parse(request.query);
    const stream = reply.hijack().raw;
    stream.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    stream.write(`data: ${JSON.stringify(unit.view())}\n\n`);
    streams.set(stream, page);
    stream.on('close', () => {
      streams.delete(stream);
      // A page that comes back may open its new stream before the old one is known to be closed.
      if (page !== nobody && ![...streams.values()].includes(page)) onPageGone(page);
    });
  });
  return () => {
    clearInterval(timer);
    endListening();
    for (const stream of streams.keys()) stream.end();
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
