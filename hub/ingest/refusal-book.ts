import type { BusMessage } from '../../shared/bus/bus.ts';
import type { Db, Trx } from '../store/schema.ts';
import type { Refused } from './admit.ts';

/** Kept per reason, the newest: enough to see what is going on, too few to fill a disk. */
const samplesPerReasonMax = 20;
const sampleBytesMax = 1024;

type Counts = Map<string, { reason: string; station: string; count: number; at: number }>;

interface Sample extends Refused {
  readonly at: number;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** Counts what was refused. In memory first: a flood of junk must not cost a commit each. */
export class RefusalBook {
  #counts: Counts = new Map();
  #samples: Sample[] = [];

  note(refused: Refused, message: Pick<BusMessage, 'topic' | 'payload'>, at: number): void {
    const { reason, station = '' } = refused;
    const key = `${reason} ${station}`;
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { reason, station, count, at });
    const payload = message.payload.slice(0, sampleBytesMax);
    this.#samples.push({ ...refused, at, topic: message.topic.slice(0, 200), payload });
    const ofReason = this.#samples.filter((sample) => sample.reason === reason);
    if (ofReason.length > samplesPerReasonMax) {
      this.#samples = this.#samples.filter((sample) => sample !== ofReason[0]);
    }
  }

  /** Writes what was noted since the last time. Whatever cannot be written now is kept for the next. */
  async flush(db: Db): Promise<void> {
    if (this.#counts.size === 0) return;
    const [counts, samples] = [this.#counts, this.#samples];
    this.#counts = new Map();
    this.#samples = [];
    try {
      await db.transaction().execute((trx) => write(trx, [...counts.values()], samples));
    } catch (error) {
      this.#restore(counts, samples);
      throw error;
    }
  }

  #restore(counts: Counts, samples: Sample[]): void {
    for (const [key, old] of counts) {
      const since = this.#counts.get(key);
      this.#counts.set(key, since ? { ...since, count: since.count + old.count } : old);
    }
    this.#samples = [...samples, ...this.#samples];
  }
}

async function write(
  trx: Trx,
  counts: { reason: string; station: string; count: number; at: number }[],
  samples: Sample[],
): Promise<void> {
  for (const { reason, station, count, at } of counts) {
    await trx
      .insertInto('refusal')
      .values({ reason, station, count, last_at: at })
      .onConflict((conflict) =>
        conflict.columns(['reason', 'station']).doUpdateSet((eb) => ({
          count: eb('refusal.count', '+', count),
          last_at: at,
        })),
      )
      .execute();
  }
  for (const { reason, station = '', at, topic, detail, payload } of samples) {
    await trx
      .insertInto('refusal_sample')
      .values({ reason, station, at, topic, detail, payload: Buffer.from(payload) })
      .execute();
  }
  for (const reason of new Set(samples.map((sample) => sample.reason))) {
    await trimSamples(trx, reason);
  }
}

const trimSamples = (trx: Trx, reason: string) =>
  trx
    .deleteFrom('refusal_sample')
    .where('reason', '=', reason)
    .where('id', 'not in', (eb) =>
      eb
        .selectFrom('refusal_sample')
        .select('id')
        .where('reason', '=', reason)
        .orderBy('id', 'desc')
        .limit(samplesPerReasonMax),
    )
    .execute();
