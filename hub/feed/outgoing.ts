import { z } from 'zod';
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

/** One row of the outbox: what one transaction has to tell, in order. */
export const outgoingSchema = z.array(
  z.object({
    topic: z.string(),
    /** Whose key signs it; null for the feed, which nobody has to believe. */
    station: z.string().nullable(),
    body: z.looseObject({}),
  }),
);
type OutgoingMessage = z.infer<typeof outgoingSchema>[number];

/**
 * What a transaction wants told to people and stations. It is stored with the transaction, as one
 * row, and published afterwards: both happen, or neither.
 */
export class Outgoing {
  readonly #messages: OutgoingMessage[] = [];

  toFeed(kind: FeedKind, atMs: number, body: FeedBody): void {
    const said = { at: new Date(atMs).toISOString(), ...body };
    this.#messages.push({ topic: feedTopic(kind), station: null, body: said });
  }

  /** Tells a station what became of one of its alarms. */
  toStation(station: string, alarm: AlarmKey, state: AlarmState): void {
    this.command(station, { name: 'alarm-state', alarm, state });
  }

  command(station: string, command: CommandMessage['command']): void {
    const body = commandMessageSchema.parse({ v: 1, station, kind: 'command', command });
    this.#messages.push({ topic: stationTopic(station, 'command'), station, body });
  }

  /** @returns the row to store, or undefined when there is nothing to tell. */
  row(): { messages: string } | undefined {
    return this.#messages.length === 0 ? undefined : { messages: JSON.stringify(this.#messages) };
  }

  async store(trx: Trx): Promise<void> {
    const row = this.row();
    if (row !== undefined) await trx.insertInto('outbox').values(row).execute();
  }
}
