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
  tone: { name: 'silence', notes: [], repeat: false, agoMs: 0, startedMs: 0 },
  outcome: null,
  entries: { tap: null, alarm: null },
  alarm: 'none',
  test: 'none',
  mistake: false,
  button: { edge: 'up', heldMs: null, holdMs: 1000, pressesWithinMs: 2000 },
  silent: false,
  neighbours: [],
  backlog: 0,
  connection: 'online',
  parts: {
    reader: 'ready',
    panel: 'ready',
    journal: 'ready',
    disk: 'ready',
    clock: 'ready',
    button: 'ready',
  },
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
    const seen = new Set<string>();
    const follow = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const answer = await fetch(new URL(path, server.url));
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'self';/);
      const wanted = (await answer.text()).matchAll(/(?:href="|src="|from ')([^"']+)["']/g);
      for (const [, to = ''] of wanted) {
        expect(to).toMatch(/^\.?\//);
        await follow(new URL(to, new URL(path, server.url)).pathname);
      }
    };
    await follow('/');
    expect([...seen]).toEqual(expect.arrayContaining(['/page.css', '/page.js', '/words/zh.js']));
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

  /** A page that is open: its stream of views, until it is closed. */
  const openPage = async (name: string) => {
    const closing = new AbortController();
    const { signal } = closing;
    const stream = await fetch(`${server.url}/events?page=${name}`, { signal });
    const chunks = stream.body?.getReader();
    const read = async () => Buffer.from((await chunks?.read())?.value ?? []).toString();
    return { read, close: () => closing.abort() };
  };
  /** The closing of a stream is older than these requests, so it is seen before the last of them. */
  const serverHasNoticed = async () => {
    for (let asked = 0; asked < 20; asked += 1) await fetch(`${server.url}/panel`);
  };
  const hold = (page: string) => post('/button', `{"edge":"down","page":"${page}"}`);
  const letGo = (page: string) => post('/button', `{"edge":"up","page":"${page}"}`);

  it('pushes the unit as it stands, and each change', async () => {
    const page = await openPage('a');
    expect(await page.read()).toBe(`data: ${JSON.stringify(view)}\n\n`);
    changed();
    expect(await page.read()).toBe(`data: ${JSON.stringify(view)}\n\n`);
    page.close();
  });

  it('lets the button go when the page that holds it goes', async () => {
    const page = await openPage('a');
    await hold('a');
    page.close();
    await eventually('the button is let go', () => done.includes('up'));
  });

  it('keeps the button down when another page goes, or lets go', async () => {
    const [holding, other] = [await openPage('a'), await openPage('b')];
    await hold('a');
    await letGo('b');
    await letGo('');
    other.close();
    await serverHasNoticed();
    expect(done).toEqual(['down']);
    holding.close();
    await eventually('the button is let go', () => done.length === 2);
    expect(done).toEqual(['down', 'up']);
  });

  it('holds the button for as long as any of two pages does', async () => {
    await hold('a');
    await hold('b');
    await letGo('a');
    expect(done).toEqual(['down']);
    await letGo('b');
    expect(done).toEqual(['down', 'up']);
  });

  it('lets a page go on holding over a new stream', async () => {
    const before = await openPage('a');
    await hold('a');
    const after = await openPage('a');
    before.close();
    await serverHasNoticed();
    expect(done).toEqual(['down']);
    after.close();
    await eventually('the button is let go', () => done.includes('up'));
  });
});
