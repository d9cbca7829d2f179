/** The lamp plays the station's pattern by itself, from where the station is in it. */

const shades = {
  off: '#2a313c',
  red: '#ff2d20',
  amber: '#ffb000',
  green: '#25d366',
  blue: '#2f7bff',
  white: '#ffffff',
};

/**
 * WCAG 2.3.1: what flashes more than three times in a second can bring on a seizure, red above all,
 * unless it is small (a quarter of 341 by 256 px). The station's alarm lights flash four and five times
 * a second, and the page must show what the station shows; so they flash in the lamp's core alone, 64 px
 * wide, which stays below that area even when the page is magnified two and a half times. The rest of the
 * lamp keeps a steady, darker shade of the same colour, and nothing glows around it.
 */
const flashesPerSecondMax = 3;

const still = matchMedia('(prefers-reduced-motion: reduce)');

const periodOf = (frames) => frames.reduce((sum, { ms }) => sum + ms, 0);

/** The colour that stands for the whole pattern. */
const mainColor = (frames) => frames.find(({ color }) => color !== 'off')?.color ?? 'off';

/** The most flashes that begin within any one second. */
export function flashesPerSecond(frames) {
  if (frames.length < 2) return 0;
  const periodMs = periodOf(frames);
  const starts = [];
  for (let cycle = 0; cycle * periodMs <= 1000 + periodMs; cycle += 1) {
    let atMs = cycle * periodMs;
    for (const { color, ms } of frames) {
      if (color === mainColor(frames)) starts.push(atMs);
      atMs += ms;
    }
  }
  return Math.max(
    ...starts.map((from) => starts.filter((at) => at >= from && at < from + 1000).length),
  );
}

function colorAt(frames, elapsedMs) {
  let restMs = elapsedMs % periodOf(frames);
  for (const { color, ms } of frames) {
    if (restMs < ms) return color;
    restMs -= ms;
  }
  return 'off';
}

/** Draws a light as it is `elapsedMs` after it began. Who wants less motion sees its colour, steady: the words tell the pattern. */
export function drawLamp(lamp, frames, elapsedMs) {
  const isSteady = still.matches || frames.length < 2;
  const color = isSteady ? mainColor(frames) : colorAt(frames, elapsedMs);
  const play = isSteady
    ? 'steady'
    : flashesPerSecond(frames) > flashesPerSecondMax
      ? 'fast'
      : 'slow';
  if (lamp.dataset.color === color && lamp.dataset.play === play) return;
  lamp.dataset.color = color;
  lamp.dataset.play = play;
  lamp.style.setProperty('--lit', shades[color]);
  lamp.style.setProperty('--tint', shades[mainColor(frames)]);
}
