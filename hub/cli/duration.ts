const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/**
 * A duration for people, in its two largest units: "42 s", "3 min 5 s", "2 d 4 h"; below ten seconds
 * with a tenth. What is below zero, because a station's clock was ahead, is shown as 0.
 */
export function durationText(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
  const wholeMs = Math.round(ms / 1_000) * 1_000;
  const first = units.findIndex(([, unitMs]) => wholeMs >= unitMs);
  let restMs = wholeMs;
  const parts = units.slice(first, first + 2).map(([unit, unitMs]) => {
    const amount = Math.floor(restMs / unitMs);
    restMs -= amount * unitMs;
    return amount === 0 ? '' : `${amount} ${unit}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}
