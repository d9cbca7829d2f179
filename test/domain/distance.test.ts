import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distanceM, earthRadiusM } from '../../hub/domain/distance.ts';

const position = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});
const at = (latitude: number, longitude: number) => ({ latitude, longitude });
const quarterM = (Math.PI / 2) * earthRadiusM;

describe('the great-circle distance', () => {
  it.each([
    ['a quarter of the equator', at(0, 0), at(0, 90), quarterM],
    ['from the equator to the pole', at(0, 17), at(90, 0), quarterM],
    ['to the other side of the Earth', at(41.8, 123.4), at(-41.8, -56.6), 2 * quarterM],
    ['a degree of latitude', at(41, 123), at(42, 123), quarterM / 90],
    ['across the date line', at(0, 179.5), at(0, -179.5), quarterM / 90],
    ['nowhere', at(41.8057, 123.4315), at(41.8057, 123.4315), 0],
  ])('is right for %s', (_what, from, to, metres) => {
    expect(distanceM(from, to)).toBeCloseTo(metres, 3);
  });

  it('shrinks with the cosine of the latitude along a parallel, down to the width of a shop', () => {
    const degree = 0.000_1;
    const wantedM = (quarterM / 90) * degree * Math.cos((41.8057 * Math.PI) / 180);
    expect(distanceM(at(41.8057, 123.4315), at(41.8057, 123.4315 + degree))).toBeCloseTo(
      wantedM,
      4,
    );
  });

  it('is the same in both directions, and never more than half around', () => {
    fc.assert(
      fc.property(position, position, (from, to) => {
        const metres = distanceM(from, to);
        expect(metres).toBeCloseTo(distanceM(to, from), 3);
        expect(metres).toBeGreaterThanOrEqual(0);
        expect(metres).toBeLessThanOrEqual(2 * quarterM + 0.001);
      }),
    );
  });
});
