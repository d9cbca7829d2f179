import { z } from 'zod';
import { entryText } from './entry.ts';
import { messageBytesMax } from './limits.ts';
import { isAuthentic, seal } from './mac.ts';
import {
  type HubMessage,
  type HubPresence,
  hubMessageSchema,
  hubPresenceSchema,
  type StationMessage,
  stationMessageSchema,
} from './messages.ts';

/** Why a message was refused. One reason each, so that they can be counted. */
export type DecodeReason = 'oversized' | 'malformed' | 'unsupported-version';

export type Decoded<T> =
  | { ok: true; value: T }
  | { ok: false; reason: DecodeReason; detail: string };

/** Only the version of a message, so that a newer peer gets a reason of its own. */
const versionSchema = z.looseObject({ v: z.int() });
const versionSupported = 1;

function decode<T>(schema: z.ZodType<T>, payload: Uint8Array): Decoded<T> & { json?: unknown } {
  if (payload.byteLength > messageBytesMax) {
    const detail = `${payload.byteLength} bytes, ${messageBytesMax} at most`;
    return { ok: false, reason: 'oversized', detail };
  }
  const json = parseJson(payload);
  if (json === undefined) return { ok: false, reason: 'malformed', detail: 'not JSON in UTF-8' };
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data, json };
  const version = versionSchema.safeParse(json);
  if (version.success && version.data.v !== versionSupported) {
    return { ok: false, reason: 'unsupported-version', detail: `version ${version.data.v}` };
  }
  return { ok: false, reason: 'malformed', detail: describeFaults(parsed.error) };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(payload));
  } catch {
    return undefined; // the only two ways to fail are bad UTF-8 and bad JSON: both are 'malformed'
  }
}

const describeFaults = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'message'}: ${issue.message}`)
    .join('; ');

/**
 * Reads what a station sent. The MAC is checked apart (`isAuthentic`), once the key is known.
 * `texts` are the entries as JSON text, as the station hashed them; empty for other messages.
 */
export function decodeStationMessage(
  payload: Uint8Array,
): Decoded<StationMessage> & { texts: string[] } {
  const decoded = decode(stationMessageSchema, payload);
  if (!decoded.ok) return { ok: false, reason: decoded.reason, detail: decoded.detail, texts: [] };
  const { value, json } = decoded;
  return { ok: true, value, texts: 'entries' in value ? rawEntries(json).map(entryText) : [] };
}

/** The entries as they came, before the schema drops or orders anything: these are what is hashed. */
function rawEntries(json: unknown): object[] {
  // The schema has said that they are an array of objects; to check it twice costs as much as the MAC.
  return Reflect.get(Object(json), 'entries');
}

/** Reads what the hub sent to this station; a message without the right MAC is nothing at all. */
export function decodeHubMessage(key: string, payload: Uint8Array): Decoded<HubMessage> {
  const { json: _, ...decoded } = decode(hubMessageSchema, payload);
  if (decoded.ok && !isAuthentic(key, payload)) {
    return { ok: false, reason: 'malformed', detail: 'wrong MAC' };
  }
  return decoded;
}

export const decodeHubPresence = (payload: Uint8Array): Decoded<HubPresence> =>
  decode(hubPresenceSchema, payload);

/** Bytes of a message between a station and the hub, MAC included. */
export const encodeMessage = (key: string, message: StationMessage | HubMessage): Buffer =>
  seal(key, message);

export const encodeHubPresence = (presence: HubPresence): Buffer =>
  Buffer.from(JSON.stringify(presence));
