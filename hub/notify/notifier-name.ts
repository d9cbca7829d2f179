import { z } from 'zod';

/** What the ladder, troubles and `notify try` call a notifier by. */
export const notifierNameSchema = z
  .string()
  .regex(/^[\p{L}\p{N}_.-]{1,40}$/u, 'expected up to 40 letters, digits, dots and dashes');
