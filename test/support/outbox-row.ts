import { z } from 'zod';
import { readRow } from '../../hub/feed/outgoing.ts';

const bodySchema = z.looseObject({});

/** @returns what a row of the outbox has to tell, in order. */
export const toldBy = ({ messages }: { readonly messages: string }) =>
  readRow(messages).messages.map(({ topic, station, body }) => {
    return { topic, station, body: bodySchema.parse(JSON.parse(body)) };
  });
