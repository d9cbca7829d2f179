import { z } from 'zod';

/** What a test tells the simulated board, and what it tells back; both cross a process boundary. */

export const boardCommand = z.discriminatedUnion('do', [
  /** Drives a pin from outside; null lets go of it. */
  z.object({ do: z.literal('drive'), pin: z.int(), level: z.boolean().nullable() }),
  z.object({ do: z.literal('reset') }),
  z.object({ do: z.literal('unplug') }),
  z.object({ do: z.literal('plug') }),
  /** A hung board: its processor stands still. */
  z.object({ do: z.literal('stall'), on: z.boolean() }),
  /** Bytes that the board never sent, as noise on the cable. */
  z.object({ do: z.literal('garbage'), hex: z.string() }),
]);
export type BoardCommand = z.infer<typeof boardCommand>;

export const pinMode = z.enum(['in', 'pullup', 'out', 'pwm']);
export type PinMode = z.infer<typeof pinMode>;

export const boardEvent = z.discriminatedUnion('event', [
  /** A pin's mode or level changed; `level` is from 0 to 255, which only a PWM pin uses in between. */
  z.object({ event: z.literal('pin'), pin: z.int(), mode: pinMode, level: z.int() }),
  z.object({
    event: z.enum([
      'plugged',
      'unplugged',
      'opened',
      'closed',
      'driven',
      'reset',
      'stalled',
      'noisy',
    ]),
  }),
]);
export type BoardEvent = z.infer<typeof boardEvent>;
