import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { normaliseUid } from '../../device/reader/uid.ts';
import { startVirtualUnit, type VirtualUnitServer } from '../../device/virtual-unit/server.ts';
import type { PanelView } from '../../device/virtual-unit/unit.ts';
import { createLog } from '../../shared/log.ts';
import { eventually } from '../support/eventually.ts';

const view: PanelView = {
  station: 'st-00000001',
  light: {
    row: 'all-well',
    pattern: 'green heartbeat',
    frames: [{ color: 'green', ms: 1 }],
    shownMs: 0,
  },
  color: 'green',
  tone: { name: 'silence', notes: [], repeat: false, agoMs: 0 },
  outcome: null,
  alarm: 'none',
  backlog: 0,
  connection: 'online',
  parts: { reader: 'ready', panel: 'ready', journal: 'ready' },
  cards: [],
};

describe('the page of the virtual unit', () => {
  let server: VirtualUnitServer;
  let done: string[];
  let changed: () => void;

  beforeEach(async () => {
    done = [];
    server = await startVirtualUnit({
      port: 0,
      log: createLog('test', 'silent'),
      unit: {
        tap: (uid) => done.push(`tap ${normaliseUid(uid)}`),
        press: (holdMs) => done.push(`press ${holdMs}`),
        button: (edge) => done.push(edge),
        view: () => view,
        onChange(listener) {
          changed = listener;
          return () => {};
        },
      },
    });
  });
  afterEach(() => server.stop());

  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  it('is there, with all that it needs and nothing from elsewhere', async () => {
    const page = await (await fetch(server.url)).text();
    const wanted = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(wanted).toEqual(['/page.css', '/page.js']);
    for (const path of [...wanted, '/words.js']) {
      expect((await fetch(`${server.url}${path}`)).status, path).toBe(200);
    }
  });

  it('shows the unit as JSON', async () => {
    expect(await (await fetch(`${server.url}/panel`)).json()).toEqual(view);
  });

  it('passes on taps and presses', async () => {
    expect((await post('/tap', '{"uid":"04:a1:b2:c3"}')).status).toBe(202);
    expect((await post('/press', '{"holdMs":1200}')).status).toBe(202);
    expect((await post('/button', '{"edge":"down"}')).status).toBe(202);
    expect(done).toEqual(['tap 04A1B2C3', 'press 1200', 'down']);
  });

  it.each([
    ['/tap', '{"uid":"04"}', {}, 400],
    ['/tap', '{}', {}, 400],
    ['/tap', 'no JSON', {}, 400],
    ['/press', '{"holdMs":0}', {}, 400],
    ['/press', '{"holdMs":1200}', { origin: 'http://elsewhere.example' }, 403],
    ['/press', '{"holdMs":1200}', { 'content-type': 'text/plain' }, 400],
  ])('refuses POST %s %s %o with %d, and does nothing', async (path, body, headers, status) => {
    const answer = await post(path, body, headers);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toHaveProperty('error');
    expect(done).toEqual([]);
  });

  it('pushes each change, and lets the button go when the page goes', async () => {
    const page = new AbortController();
    const stream = await fetch(`${server.url}/events`, { signal: page.signal });
    const chunks = stream.body?.getReader();
    const first = await chunks?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe(`data: ${JSON.stringify(view)}\n\n`);
    changed();
    expect((await chunks?.read())?.value?.length).toBeGreaterThan(0);
    await post('/button', '{"edge":"down"}');
    page.abort();
    await eventually('the button is let go', () => done.includes('up'));
  });
});
