/** While a volunteer is paused; `untilMs` is null while it lasts. */
export interface Pause {
  readonly fromMs: number;
  readonly untilMs: number | null;
}

/**
 * Whether something that happened then happened within a pause: from its first millisecond on, and
 * before its last. What counts is when a volunteer tapped, and not when the hub heard of it.
 */
export const isPaused = (pauses: readonly Pause[], atMs: number): boolean =>
  pauses.some(({ fromMs, untilMs }) => fromMs <= atMs && (untilMs === null || atMs < untilMs));

/**
 * Takes what happened within a pause out of what is scored: it is recorded and earns nothing, and
 * neither the rules of the station's pause nor those of the day look at it. A function of the sets.
 */
export function withoutPaused<T extends { readonly occurredMs: number }>(
  checkIns: readonly T[],
  pauses: readonly Pause[],
): { readonly active: readonly T[]; readonly paused: readonly T[] } {
  if (pauses.length === 0) return { active: checkIns, paused: [] };
  const within = ({ occurredMs }: T): boolean => isPaused(pauses, occurredMs);
  return {
    active: checkIns.filter((checkIn) => !within(checkIn)),
    paused: checkIns.filter(within),
  };
}
