/** What every way of finding neighbours promises. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Neighbours } from '../../device/relay/neighbours.ts';
import { newStationId } from '../../shared/ids.ts';
import { eventually } from '../support/eventually.ts';

/** @param make one more station's neighbours, on the same network as the others of this test */
export function describeNeighbours(name: string, makeNetwork: () => () => Neighbours): void {
  describe(`neighbours: ${name}`, { timeout: 60_000 }, () => {
    let make: () => Neighbours;
    const open: Neighbours[] = [];
    beforeEach(() => {
      make = makeNetwork();
    });
    afterEach(async () => {
      for (const one of open.splice(0)) await one.stop();
    });

    const join = (station: string, port: number): Neighbours => {
      const one = make();
      one.start({ station, port });
      open.push(one);
      return one;
    };
    const portOf = (one: Neighbours, wanted: string): number | undefined =>
      one.list().find(({ station }) => station === wanted)?.port;

    it('find one another, whoever came first, and never themselves', async () => {
      const [a, b] = [newStationId(), newStationId()];
      const first = join(a, 18_001);
      const second = join(b, 18_002);
      await eventually('the first knows the second', () => portOf(first, b) === 18_002);
      await eventually('the second knows the first', () => portOf(second, a) === 18_001);
      expect(portOf(first, a)).toBeUndefined();
      for (const { address } of second.list()) expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    });

    it('forget who says good-bye', async () => {
      const [a, b] = [newStationId(), newStationId()];
      const first = join(a, 18_001);
      const second = join(b, 18_002);
      await eventually('the first knows the second', () => portOf(first, b) === 18_002);
      await second.stop();
      await eventually('it is forgotten', () => portOf(first, b) === undefined);
    });

    it('are looked for again when somebody asks', async () => {
      const [a, b] = [newStationId(), newStationId()];
      const first = join(a, 18_001);
      first.look();
      join(b, 18_002);
      first.look();
      await eventually('the first knows the second', () => portOf(first, b) === 18_002);
    });

    it('stop when they never started, and twice', async () => {
      const one = make();
      await one.stop();
      await one.stop();
      expect(one.list()).toEqual([]);
    });
  });
}
