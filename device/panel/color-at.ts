import type { Color, Light, Tone } from '../domain/signals.ts';

interface Timed {
  readonly ms: number;
}

function stepAt<Step extends Timed>(
  steps: readonly Step[],
  elapsedMs: number,
  repeat: boolean,
): Step | undefined {
  const periodMs = steps.reduce((sum, step) => sum + step.ms, 0);
  if (periodMs <= 0) return steps[0];
  let restMs = repeat ? elapsedMs % periodMs : elapsedMs;
  for (const step of steps) {
    if (restMs < step.ms) return step;
    restMs -= step.ms;
  }
  return undefined;
}

/** The colour that a light shows `elapsedMs` (0 or more) after it began. A light without frames is dark. */
export function colorAt(light: Light, elapsedMs: number): Color {
  return stepAt(light.frames, elapsedMs, true)?.color ?? 'off';
}

/** The pitch that a tone has `elapsedMs` (0 or more) after it began; 0 in a rest and when it is over. */
export function pitchAt(tone: Tone, elapsedMs: number): number {
  return stepAt(tone.notes, elapsedMs, tone.repeat)?.hz ?? 0;
}
