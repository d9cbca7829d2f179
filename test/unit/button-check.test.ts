import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ButtonCheck, unsettledMaxMs } from '../../device/panel/button-check.ts';
import type { ButtonEdge } from '../../device/panel/panel.ts';

/** Room for a machine that is busy. */
const lateMsMax = 300;

describe('the check of a button', () => {
  let check: ButtonCheck;
  afterEach(() => check.stop());

  /** A check whose pin, when it is asked, tells this level. */
  const checked = (level: ButtonEdge) => {
    const seen = { askedAtMs: [] as number[], edges: [] as ButtonEdge[] };
    check = new ButtonCheck({
      ask: () => {
        seen.askedAtMs.push(performance.now());
        check.answered(new Set([level]));
      },
      onButton: (edge) => seen.edges.push(edge),
    });
    return seen;
  };
  /** Edges so close that the contacts never settle, however busy the machine is. */
  const chatter = async (forMs: number, last: ButtonEdge) => {
    const untilMs = performance.now() + forMs;
    while (performance.now() < untilMs) {
      check.suspect('up');
      check.suspect(last);
      await new Promise(setImmediate);
    }
  };

  it('asks about contacts that never settle, again and again, and believes the pin', async () => {
    const { askedAtMs, edges } = checked('down');
    const begunMs = performance.now();
    await chatter(5 * unsettledMaxMs, 'down');
    expect(askedAtMs.length).toBeGreaterThanOrEqual(2);
    expect(askedAtMs.length).toBeLessThanOrEqual(5);
    const firstMs = (askedAtMs[0] ?? Infinity) - begunMs;
    expect(firstMs).toBeGreaterThanOrEqual(unsettledMaxMs - 2);
    expect(firstMs).toBeLessThan(unsettledMaxMs + lateMsMax);
    expect(edges).toEqual(['down']);
  });

  it('believes no chatter that the pin contradicts', async () => {
    const { askedAtMs, edges } = checked('up');
    await chatter(2 * unsettledMaxMs, 'down');
    await expect.poll(() => askedAtMs.length).toBeGreaterThan(0);
    expect(edges).toEqual([]);
  });

  it('asks once about contacts that settle, as soon as they have', async () => {
    const { askedAtMs, edges } = checked('down');
    for (const edge of ['down', 'up', 'down'] as const) check.suspect(edge);
    await expect.poll(() => edges).toEqual(['down']);
    await sleep(unsettledMaxMs);
    expect(askedAtMs).toHaveLength(1);
  });
});
