import { z } from 'zod';
import { newRowName } from '../../shared/ids.ts';
import {
  type AlarmKey,
  type AlarmState,
  type CommandMessage,
  commandMessageSchema,
} from '../../shared/wire/messages.ts';
import { type FeedKind, feedTopic, stationTopic } from '../../shared/wire/topics.ts';
import type { Trx } from '../store/schema.ts';

/** What every message on the feed says; the rest is by kind. Names no card token. */
export interface FeedBody {
  readonly station?: string;
  readonly stationName?: string;
  readonly [detail: string]: unknown;
}

/** A message as it waits in the outbox. */
export interface OutgoingMessage {
  readonly topic: string;
  /** Whose key signs it; null for the feed, which nobody has to believe. */
  readonly station: string | null;
  /** A JSON object, as it is published but for what is only known then: its id, or its MAC. */
  readonly body: string;
}

/** A row of the outbox as versions before this one wrote it. */
const olderRowSchema = z.array(
  z.object({
    topic: z.string(),
    station: z.string().nullable(),
    body: z.looseObject({}),
  }),
);

/** Stands in a row where a message of the feed has no station. */
const nobody = '-';
/** Of every topic that there is. */
const topicStart = 'yizhan/v1/';

/** Begins the line of a row that names it. */
const namePrefix = '#';

/**
 * A row of the outbox: what one transaction has to tell, in order, a message on each line, below a name
 * that no other row has: the row's number comes again when the hub is put back to a backup. Its text is
 * made once, and is neither parsed nor checked on its way to a broker: JSON text has no line breaks.
 */
const rowText = (messages: readonly OutgoingMessage[]): string =>
  [
    `${namePrefix}${newRowName()}`,
    ...messages.map(({ topic, station, body }) => `${topic} ${station ?? nobody} ${body}`),
  ].join('\n');

/** A row of the outbox, read. */
export interface OutboxRow {
  /** Undefined in what versions before this one wrote. */
  readonly name: string | undefined;
  /** In order. */
  readonly messages: readonly OutgoingMessage[];
}

/** A message that can be published; `index` is its place in its row. */
export interface Readable extends Omit<OutgoingMessage, 'station'> {
  readonly index: number;
  /** null for the feed. */
  readonly command: { readonly station: string; readonly message: CommandMessage } | null;
}

/**
 * @returns the messages of a row of the outbox, in order, and as a row of its own what of it is none: a
 * damaged file, or another version, must not hold up what comes after it
 */
export function sortOut(text: string): {
  name: string | undefined;
  readable: Readable[];
  unreadable: string | undefined;
} {
  const [readable, others]: [Readable[], OutgoingMessage[]] = [[], []];
  let name: string | undefined;
  try {
    const row = readRow(text);
    name = row.name;
    for (const [index, message] of row.messages.entries()) {
      const read = readMessage(message, index);
      if (read) readable.push(read);
      else others.push(message);
    }
  } catch (error) {
    if (!isNoJson(error)) throw error;
    return { name, readable: [], unreadable: text };
  }
  return { name, readable, unreadable: others.length === 0 ? undefined : rowText(others) };
}

function readMessage(
  { topic, station, body }: OutgoingMessage,
  index: number,
): Readable | undefined {
  if (!topic.startsWith(topicStart) || !body.startsWith('{')) return undefined;
  if (station === null) return { topic, body, index, command: null };
  const message = readCommand(body);
  return message && { topic, body, index, command: { station, message } };
}

function readCommand(body: string): CommandMessage | undefined {
  try {
    return commandMessageSchema.parse(JSON.parse(body));
  } catch (error) {
    if (isNoJson(error)) return undefined;
    throw error;
  }
}

/** Neither JSON nor what it has to be. */
const isNoJson = (error: unknown): boolean =>
  error instanceof SyntaxError || error instanceof z.ZodError;

/** @throws when it is none of an older version */
export function readRow(text: string): OutboxRow {
  if (text.startsWith('[')) {
    const older = olderRowSchema.parse(JSON.parse(text));
    const messages = older.map((message) => ({ ...message, body: JSON.stringify(message.body) }));
    return { name: undefined, messages };
  }
  if (!text.startsWith(namePrefix)) return { name: undefined, messages: readLines(text) };
  const nameEnds = text.indexOf('\n');
  return {
    name: text.slice(namePrefix.length, nameEnds),
    messages: readLines(text.slice(nameEnds + 1)),
  };
}

const readLines = (text: string): OutgoingMessage[] =>
  text.split('\n').map((line) => {
    const topicEnds = line.indexOf(' ');
    const stationEnds = line.indexOf(' ', topicEnds + 1);
    const station = line.slice(topicEnds + 1, stationEnds);
    return {
      topic: line.slice(0, topicEnds),
      station: station === nobody ? null : station,
      body: line.slice(stationEnds + 1),
    };
  });

/**
 * What a transaction wants told to people and stations. It is stored with the transaction, as one
 * row, and published afterwards: both happen, or neither.
 */
export class Outgoing {
  readonly #messages: OutgoingMessage[] = [];

  toFeed(kind: FeedKind, atMs: number, body: FeedBody): void {
    const said = JSON.stringify({ at: new Date(atMs).toISOString(), ...body });
    this.#messages.push({ topic: feedTopic(kind), station: null, body: said });
  }

  /** Tells a station what became of one of its alarms. */
  toStation(station: string, alarm: AlarmKey, state: AlarmState): void {
    this.command(station, { name: 'alarm-state', alarm, state });
  }

  command(station: string, command: CommandMessage['command']): void {
    const said = commandMessageSchema.parse({ v: 1, station, kind: 'command', command });
    const topic = stationTopic(station, 'command');
    this.#messages.push({ topic, station, body: JSON.stringify(said) });
  }

  /** @returns the row to store, or undefined when there is nothing to tell. */
  row(): { messages: string } | undefined {
    return this.#messages.length === 0 ? undefined : { messages: rowText(this.#messages) };
  }

  async store(trx: Trx): Promise<void> {
    const row = this.row();
    if (row !== undefined) await trx.insertInto('outbox').values(row).execute();
  }
}
