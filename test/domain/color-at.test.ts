import { describe, expect, test } from 'vitest';
import { lights, tones } from '../../device/domain/signals.ts';
import { colorAt, pitchAt } from '../../device/panel/color-at.ts';

describe('colorAt', () => {
  test.each([
    [0, 'red'],
    [124, 'red'],
    [125, 'amber'],
    [249, 'amber'],
    [250, 'red'],
    [25_125, 'amber'],
  ])('red and amber in turn: at %i ms %s', (elapsedMs, color) => {
    expect(colorAt(lights.undelivered, elapsedMs)).toBe(color);
  });

  test('a light without frames is dark', () => {
    expect(colorAt({ name: 'none', frames: [] }, 10)).toBe('off');
  });
});

describe('pitchAt', () => {
  test('a tone ends, a repeating one goes on, silence has no pitch', () => {
    expect(pitchAt(tones.long, 899)).toBe(900);
    expect(pitchAt(tones.long, 900)).toBe(0);
    expect(pitchAt(tones.insistent, 1000)).toBe(1800);
    expect(pitchAt(tones.silence, 0)).toBe(0);
  });
});
