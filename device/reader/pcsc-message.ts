/** What the reader process tells the station. `pcsc-child.js` is plain JavaScript, so this is checked. */
import { z } from 'zod';
import { uidPattern } from './uid.ts';

/** Texts come from drivers; anything longer is noise in a log line. */
const textLengthMax = 500;
const text = z.string().max(textLengthMax);

const pcscMessage = z.discriminatedUnion('type', [
  /** Heartbeat: the event loop of the child turns. */
  z.object({ type: z.literal('alive') }),
  /** pcscd's socket does not accept yet; `why` is the system's error code. */
  z.object({ type: z.literal('waiting'), why: text }),
  /** nfc-pcsc cannot be loaded: not installed, or its native part was not built. */
  z.object({ type: z.literal('missing'), why: text }),
  /** pcscd answers, but knows of no reader. */
  z.object({ type: z.literal('noReader') }),
  z.object({ type: z.literal('attached'), reader: text }),
  z.object({ type: z.literal('detached'), reader: text }),
  z.object({
    type: z.literal('card'),
    reader: text,
    uid: z.string().regex(uidPattern),
    /** ISO/IEC 7816-3 §8: 33 bytes at most, in upper-case hex. */
    atr: z.string().regex(/^(?:[0-9A-F]{2}){0,33}$/),
    /** The NDEF message of a type 4 tag, in hex; absent when there is none, or it did not come in time. */
    ndef: z
      .string()
      .regex(/^(?:[0-9A-F]{2}){1,240}$/)
      .optional(),
  }),
  z.object({ type: z.literal('unreadable'), reader: text, why: text }),
  z.object({ type: z.literal('gone'), reader: text }),
  /** The last words before the child kills itself. */
  z.object({
    type: z.literal('dying'),
    cause: z.enum(['pcscd', 'stuck', 'swap', 'unplugged', 'absent', 'crash']),
    why: text,
  }),
]);

export type PcscMessage = z.infer<typeof pcscMessage>;

/** @returns the message, or undefined when it is none of ours. The rejected text is not kept: it may hold a UID. */
export function decodePcscMessage(raw: unknown): PcscMessage | undefined {
  return pcscMessage.safeParse(raw).data;
}
