import { endOf, stepFor, type TroubleKey, type TroubleNews } from '../domain/trouble.ts';
import { Outgoing } from '../feed/outgoing.ts';
import type { Db, Trx } from '../store/schema.ts';

interface OpenRow {
  readonly id: number;
  readonly begunMs: number;
  readonly detail: string;
}

/** Who ended a trouble that only a person can end, and what they found. */
export interface Closing {
  readonly by: string;
  readonly note: string;
}

/**
 * Writes down what is wrong for a while, and tells the feed, once each, when it begins and ends. To be
 * used inside a transaction: `new TroubleBook(trx, outgoing)`; or, where there is none, `withTroubles`.
 *
 *     await book.begin({ station, kind: 'button', detail: 'held for 60 s' }, atMs);
 *     await book.end({ station, kind: 'button' }, atMs);
 *     await book.begin({ kind: 'notifier', part: 'duty-chief', detail: 'answers 500' }, atMs);
 */
export class TroubleBook {
  readonly #trx: Trx;
  readonly #outgoing: Outgoing;
  readonly #nowMs: number;

  /** @param nowMs the hub's clock: when it heard of what it is told */
  constructor(trx: Trx, outgoing: Outgoing, nowMs: number) {
    this.#trx = trx;
    this.#outgoing = outgoing;
    this.#nowMs = nowMs;
  }

  /**
   * A trouble that is open already is told again, and is no second one; the latest reason stands, and
   * an earlier beginning is believed. A revoked station has no trouble.
   * @param atMs when it began
   */
  begin(trouble: TroubleKey & { readonly detail: string }, atMs: number): Promise<void> {
    return this.take({ ...trouble, state: 'begun' }, atMs);
  }

  /** Ends the trouble if it is open. @param atMs when it was over */
  end(trouble: TroubleKey, atMs: number, closing?: Closing): Promise<void> {
    return this.take({ ...trouble, state: 'ended' }, atMs, closing);
  }

  async take(news: TroubleNews, atMs: number, closing?: Closing): Promise<void> {
    const step = stepFor(await this.#open(news), news.state);
    switch (step.do) {
      case 'begin':
        if (news.state === 'begun') await this.#beginNew(news, atMs);
        return;
      case 'tell-again': {
        const { detail } = news.state === 'begun' ? news : step.open;
        const told = { told_ms: this.#nowMs, begun_ms: Math.min(step.open.begunMs, atMs), detail };
        await this.#trx.updateTable('trouble').set(told).where('id', '=', step.open.id).execute();
        return;
      }
      case 'end':
        await this.#end(step.open, news, endOf(step.open, atMs), closing);
        return;
      case 'nothing':
        return;
    }
  }

  /** Ends all troubles of a station, which is no longer ours to look after. */
  async endAll(station: string, atMs: number, closing: Closing): Promise<void> {
    const open = await this.#trx
      .selectFrom('trouble')
      .select(['kind', 'part'])
      .where('station', '=', station)
      .where('ended_ms', 'is', null)
      .execute();
    for (const key of open) await this.end({ station, ...key }, atMs, closing);
  }

  async #beginNew(news: TroubleNews & { state: 'begun' }, atMs: number): Promise<void> {
    const { station, kind, part = '', detail } = news;
    const about = await this.#about(station);
    if (about.revoked) return;
    const { id } = await this.#trx
      .insertInto('trouble')
      .values({
        ...{ station: station ?? null, kind, part, detail },
        ...{ begun_ms: atMs, told_ms: this.#nowMs },
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    this.#tell(news, atMs, { id, begunMs: atMs, detail }, about.name);
  }

  async #end(
    open: OpenRow,
    news: TroubleNews,
    endedMs: number,
    closing: Closing | undefined,
  ): Promise<void> {
    const by = { ended_by: closing?.by ?? null, note: closing?.note ?? null };
    await this.#trx
      .updateTable('trouble')
      .set({ ended_ms: endedMs, ...by })
      .where('id', '=', open.id)
      .execute();
    this.#tell(news, endedMs, open, (await this.#about(news.station)).name, closing);
  }

  #open({ station, kind, part = '' }: TroubleKey): Promise<OpenRow | undefined> {
    return this.#trx
      .selectFrom('trouble')
      .select(['id', 'begun_ms as begunMs', 'detail'])
      .where('station', 'is', station ?? null)
      .where('kind', '=', kind)
      .where('part', '=', part)
      .where('ended_ms', 'is', null)
      .executeTakeFirst();
  }

  async #about(station: string | undefined): Promise<{ name?: string; revoked: boolean }> {
    if (station === undefined) return { revoked: false };
    const query = this.#trx.selectFrom('station').select(['name', 'revoked_at']);
    const row = await query.where('id', '=', station).executeTakeFirstOrThrow();
    return { name: row.name, revoked: row.revoked_at !== null };
  }

  #tell(
    { station, kind, part, state }: TroubleNews,
    atMs: number,
    { id, begunMs, detail }: OpenRow,
    stationName: string | undefined,
    closing: Closing | undefined = undefined,
  ): void {
    this.#outgoing.toFeed('trouble', atMs, {
      ...(station === undefined || stationName === undefined ? {} : { station, stationName }),
      ...{ troubleId: id, kind, state, since: new Date(begunMs).toISOString(), detail },
      ...(part === undefined || part === '' ? {} : { part }),
      // Who ended it; what they said of it may name people, and stays here.
      ...(closing === undefined ? {} : { by: closing.by }),
    });
  }
}

/** For who has no transaction of its own. Wake the outbox afterwards. */
export const withTroubles = (
  db: Db,
  nowMs: number,
  work: (book: TroubleBook, trx: Trx) => Promise<void>,
): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const outgoing = new Outgoing();
    await work(new TroubleBook(trx, outgoing, nowMs), trx);
    await outgoing.store(trx);
  });
