import { z } from 'zod';
import { feedTopic } from '../../shared/wire/topics.ts';

const alarmSchema = z.looseObject({
  station: z.string(),
  alarm: z.object({ epoch: z.string(), seq: z.int() }),
  state: z.string(),
});
const checkInSchema = z.looseObject({ station: z.string(), at: z.string(), id: z.string() });

/** What the operators' feed has said: at least once each, maybe again. */
export class FeedRecord {
  readonly #alarms = new Set<string>();
  readonly #checkIns = new Map<string, Set<string>>();

  published(topic: string, payload: Buffer): void {
    if (topic === feedTopic('alarm')) {
      const { station, alarm, state } = alarmSchema.parse(JSON.parse(payload.toString()));
      this.#alarms.add(`${station}/${alarm.epoch}/${alarm.seq} ${state}`);
    }
    if (topic === feedTopic('check-in')) {
      const { station, at, id } = checkInSchema.parse(JSON.parse(payload.toString()));
      const said = this.#checkIns.get(`${station} ${at}`) ?? new Set();
      this.#checkIns.set(`${station} ${at}`, said.add(id));
    }
  }

  saidOfAlarm(key: string, state: string): boolean {
    return this.#alarms.has(`${key} ${state}`);
  }

  /** @returns how many check-ins of that station and moment it told of. */
  checkIns(station: string, atMs: number): number {
    return this.#checkIns.get(`${station} ${new Date(atMs).toISOString()}`)?.size ?? 0;
  }
}
