import BetterSqlite from 'better-sqlite3';
import { acknowledgeAlarm, resolveAlarm } from '../../hub/app/alarms.ts';
import { closeDay, showDay } from '../../hub/app/daily-clear.ts';
import { addStation } from '../../hub/app/registry.ts';
import type { AlarmCause } from '../../hub/domain/alarm.ts';
import { localDay } from '../../hub/domain/dating.ts';
import type { Carry } from '../../hub/domain/day-close.ts';
import { type FalseAlarmRule, falseAlarmRuleSchema } from '../../hub/domain/false-alarms.ts';
import { Outgoing } from '../../hub/feed/outgoing.ts';
import { raiseAlarm } from '../../hub/ingest/alarm-rows.ts';
import { type Store, storeOn } from '../../hub/store/open-store.ts';
import { newEpoch } from '../../shared/ids.ts';
import { toldBy } from './outbox-row.ts';

export const timeZone = 'Asia/Shanghai';
export const dayOf = localDay(timeZone);
export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
/** Ten in the morning of 2026-03-02 where the scheme lives. */
export const mondayMs = Date.parse('2026-03-02T02:00:00Z');
export const [monday, tuesday, wednesday, thursday] = [
  ...['2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05'],
] as const;

/** What operators do with alarms, on a real store in memory, by a clock that the test sets. */
export class AlarmDesk {
  readonly store: Store;
  readonly sqlite: BetterSqlite.Database;
  readonly #epoch = newEpoch();
  #seq = 0;
  /** What the hub's clock says. */
  nowMs = mondayMs;
  station = '';
  rule: FalseAlarmRule = falseAlarmRuleSchema.parse({});

  private constructor() {
    this.sqlite = new BetterSqlite(':memory:');
    this.store = storeOn(this.sqlite);
  }

  static async open(): Promise<AlarmDesk> {
    const desk = new AlarmDesk();
    desk.station = (await addStation(desk.store, 'Station 1', 'test')).station;
    return desk;
  }

  /** @returns the number of the alarm that was pressed then, and reaches the hub now. */
  async raise({ raisedMs = this.nowMs, station = this.station, marked = false } = {}) {
    this.#seq += 1;
    const key = { station, epoch: this.#epoch, seq: this.#seq };
    await this.store.db.transaction().execute(async (trx) => {
      const outgoing = new Outgoing();
      const work = { trx, outgoing, nowMs: this.nowMs, nameOf: () => 'Station 1' };
      await raiseAlarm(work, { ...key, raisedMs, how: 'hold' });
      await outgoing.store(trx);
    });
    const row = this.store.db.selectFrom('alarm').select('id').where('seq', '=', key.seq);
    const { id } = await row.executeTakeFirstOrThrow();
    if (marked) {
      const mark = this.store.db.updateTable('alarm').set({ mistake_ms: raisedMs + 4_000 });
      await mark.where('id', '=', id).execute();
    }
    return id;
  }

  acknowledge(id: number, by = 'Operator 1'): Promise<void> {
    return acknowledgeAlarm(this.store, id, by, this.nowMs);
  }

  resolve(id: number, cause: AlarmCause = 'real', by = 'Operator 1'): Promise<void> {
    return resolveAlarm(this.store, id, by, { cause, note: 'tried out' }, this.nowMs, this.rule);
  }

  show(day: string) {
    return showDay(this.store, { day, timeZone, nowMs: this.nowMs });
  }

  close(day: string, carries: readonly Carry[] = [], by = 'Chief 1') {
    return closeDay(this.store, { day, timeZone, nowMs: this.nowMs }, { by, carries });
  }

  /** Everything that the feed was told of one kind, in order. */
  async told(kind: string) {
    const rows = await this.store.db.selectFrom('outbox').selectAll().orderBy('id').execute();
    return rows
      .flatMap(toldBy)
      .filter(({ topic }) => topic.endsWith(`/feed/${kind}`))
      .map(({ body }) => body);
  }
}
