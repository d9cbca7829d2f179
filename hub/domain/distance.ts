/** A place on Earth, in degrees (WGS 84); north and east are positive. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

/** Mean radius of the Earth, R1 (Moritz, "Geodetic Reference System 1980", Journal of Geodesy 74, 2000). */
export const earthRadiusM = 6_371_008.8;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/**
 * @returns the great-circle distance in metres, by the haversine formula (Sinnott, "Virtues of the
 * Haversine", Sky and Telescope 68/2, 1984), which stays exact for the few hundred metres between shops.
 * On a sphere: up to 0.6 % beside the ellipsoid, which is less than the way around a block.
 */
export function distanceM(from: Position, to: Position): number {
  const [fromRad, toRad] = [radians(from.latitude), radians(to.latitude)];
  const north = Math.sin((toRad - fromRad) / 2);
  const east = Math.sin(radians(to.longitude - from.longitude) / 2);
  const half = north ** 2 + Math.cos(fromRad) * Math.cos(toRad) * east ** 2;
  // Rounding may lift antipodes above 1, where the arcsine is not a number.
  return 2 * earthRadiusM * Math.asin(Math.min(1, Math.sqrt(half)));
}
