/** What the light and the buzzer can do, as data: the real panel, the virtual one and the docs draw from it. */

/** Red, green and blue from 0 to 255, as one PWM pin each. */
export const colors = {
  off: [0, 0, 0],
  red: [255, 0, 0],
  // The green of a common RGB LED is far brighter than its red: 80 of 255 looks amber, not yellow.
  amber: [255, 80, 0],
  green: [0, 255, 0],
  blue: [0, 0, 255],
  white: [255, 255, 255],
} as const satisfies Record<string, readonly [number, number, number]>;
export type Color = keyof typeof colors;

export interface Frame {
  readonly color: Color;
  readonly ms: number;
}

/** Frames are shown in order and then again from the first; a single frame is a steady light. */
export interface Light {
  readonly name: string;
  readonly frames: readonly Frame[];
}

/** One sound: a pitch where the buzzer has one (the rhythm alone tells the tones apart). 0 Hz is a rest. */
export interface Note {
  readonly hz: number;
  readonly ms: number;
}

export interface Tone {
  readonly name: string;
  readonly notes: readonly Note[];
  /** Sounds again and again until another tone, or `silence`. */
  readonly repeat: boolean;
}

const steady = (name: string, color: Color): Light => ({ name, frames: [{ color, ms: 1000 }] });

/** `count` flashes of `onMs`, `offMs` apart, then dark until the period is over. */
function flashes(name: string, color: Color, count: number, onMs: number, periodMs: number): Light {
  const frames = Array.from({ length: count }, (_, index): Frame[] => [
    { color, ms: onMs },
    { color: 'off', ms: index < count - 1 ? onMs : periodMs - (2 * count - 1) * onMs },
  ]).flat();
  return { name, frames };
}

/** Two colours in turn, `ms` each. */
const inTurn = (name: string, first: Color, second: Color, ms: number): Light => ({
  name,
  frames: [
    { color: first, ms },
    { color: second, ms },
  ],
});

const heartbeat = (color: Color): Light => flashes(`${color} heartbeat`, color, 1, 120, 2000);

export const lights = {
  dark: steady('dark', 'off'),
  undelivered: {
    name: 'red and amber, fast',
    frames: [
      { color: 'red', ms: 125 },
      { color: 'amber', ms: 125 },
    ],
  },
  sending: flashes('red, 5 Hz', 'red', 1, 100, 200),
  stored: flashes('red, 1 Hz', 'red', 1, 500, 1000),
  acknowledged: flashes('blue, double blink', 'blue', 2, 150, 1200),
  testSending: inTurn('white and blue in turn', 'white', 'blue', 250),
  testStored: inTurn('white and green in turn', 'white', 'green', 500),
  testUndelivered: inTurn('white and red in turn', 'white', 'red', 250),
  neighbour: {
    name: 'amber and blue, slow',
    frames: [
      { color: 'amber', ms: 400 },
      { color: 'blue', ms: 400 },
    ],
  },
  /** The heartbeat of all well, and a short blue flash behind it: who knows sees it, nobody else looks up. */
  wink: {
    name: 'green heartbeat with a blue wink',
    frames: [
      { color: 'green', ms: 120 },
      { color: 'off', ms: 180 },
      { color: 'blue', ms: 80 },
      { color: 'off', ms: 1620 },
    ],
  },
  credited: steady('green', 'green'),
  noPoints: flashes('green, double blink', 'green', 2, 200, 1500),
  savedHere: steady('amber', 'amber'),
  unknownCard: flashes('red, double blink', 'red', 2, 200, 1500),
  blockedCard: flashes('red, triple blink', 'red', 3, 200, 1500),
  notRead: flashes('amber, fast', 'amber', 1, 100, 200),
  phone: flashes('amber, triple blink', 'amber', 3, 200, 1500),
  enrolWaiting: inTurn('white and amber in turn, slow', 'white', 'amber', 500),
  enrolAgain: inTurn('white and amber in turn, fast', 'white', 'amber', 150),
  onDisk: steady('white', 'white'),
  fault: heartbeat('red'),
  hubAway: heartbeat('amber'),
  allWell: heartbeat('green'),
} as const satisfies Record<string, Light>;
export type LightName = keyof typeof lights;

const tone = (
  name: string,
  notes: readonly (readonly [number, number])[],
  repeat = false,
): Tone => ({
  name,
  notes: notes.map(([hz, ms]) => ({ hz, ms })),
  repeat,
});

export const tones = {
  silence: tone('silence', []),
  insistent: tone(
    'insistent',
    [
      [1800, 200],
      [0, 100],
      [1800, 200],
      [0, 500],
    ],
    true,
  ),
  short: tone('short', [[1200, 120]]),
  long: tone('long', [[900, 900]]),
  rising: tone('two rising', [
    [900, 120],
    [0, 60],
    [1350, 180],
  ]),
  three: tone('three', [
    [1000, 250],
    [0, 120],
    [1000, 250],
    [0, 120],
    [1000, 250],
  ]),
  one: tone('one', [[1000, 180]]),
  low: tone('low', [[300, 400]]),
  twoShort: tone('two short', [
    [1000, 80],
    [0, 80],
    [1000, 80],
  ]),
  tick: tone('tick', [[2000, 20]]),
} as const satisfies Record<string, Tone>;
export type ToneName = keyof typeof tones;
