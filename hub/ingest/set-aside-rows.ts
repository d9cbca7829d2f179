import type { Reading } from '../../shared/wire/entry.ts';
import { TroubleBook } from '../app/trouble-book.ts';
import type { Trx } from '../store/schema.ts';
import type { ChainedEntry } from './chain.ts';
import type { CommitWork } from './commit-work.ts';
import type { LaneKey } from './lane-cursors.ts';

/**
 * Keeps the entries of a lane that forked, for a person to decide on, and tells the station that they
 * are safe and that it has to go on in a new epoch. What comes again is kept once.
 * @param fork from the first entry that differs on
 */
export async function setAside(
  { trx, outgoing, nowMs, nameOf }: CommitWork,
  { station, epoch, lane }: LaneKey,
  sent: Reading,
  fork: readonly ChainedEntry[],
): Promise<void> {
  let isNew = false;
  for (const { entry, text, hash } of fork) {
    const added = await trx
      .insertInto('set_aside')
      .values({
        ...{ station, epoch, lane, seq: entry.seq, body: text, hash },
        ...{ sent: JSON.stringify(sent), received_ms: nowMs, decision: null },
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    isNew ||= added !== undefined;
  }
  const last = fork.at(-1);
  if (!last) return;
  const through = { through: last.entry.seq, hash: last.hash };
  outgoing.command(station, { name: 'begin-epoch', epoch, lane, ...through });
  if (!isNew) return;
  const entries = fork.length;
  const about = { station, stationName: nameOf(station), epoch, lane, entries };
  outgoing.toFeed('station', nowMs, { ...about, state: 'forked' });
  const detail = 'a copied or restored card? Its entries wait for a decision';
  const book = new TroubleBook(trx, outgoing, nowMs);
  await book.begin({ station, kind: 'fork', part: epoch, detail }, nowMs);
}

/** @returns whether the entry with this sequence and hash was set aside. */
export async function isSetAside(
  trx: Trx,
  { station, epoch, lane }: LaneKey,
  seq: number,
  hash: string,
): Promise<boolean> {
  const row = await trx
    .selectFrom('set_aside')
    .select('id')
    .where('station', '=', station)
    .where('epoch', '=', epoch)
    .where('lane', '=', lane)
    .where('seq', '=', seq)
    .where('hash', '=', hash)
    .executeTakeFirst();
  return row !== undefined;
}
