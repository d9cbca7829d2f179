import { lanes } from '../../shared/wire/entry.ts';
import type { HealthMessage, HubMessage, PresenceMessage } from '../../shared/wire/messages.ts';
import { cursorOf } from '../ingest/chain.ts';
import { receiptOf } from '../ingest/commit-group.ts';
import type { Db } from '../store/schema.ts';

/** Answers what an online station asks: how far each lane is, and what became of its alarms. */
export class PresenceWatch {
  readonly #db: Db;
  readonly #send: (message: HubMessage) => void;

  constructor(db: Db, send: (message: HubMessage) => void) {
    this.#db = db;
    this.#send = send;
  }

  heard(_station: string): void {}

  async take(message: PresenceMessage | HealthMessage): Promise<void> {
    if (message.kind === 'health' || !message.online) return;
    const answers = await this.#db.transaction().execute(async (trx) => {
      const { station, epoch } = message;
      const list: HubMessage[] = [];
      for (const lane of lanes) {
        const key = { station, epoch, lane };
        list.push(receiptOf(key, (await cursorOf(trx, key)).through));
      }
      for (const alarm of message.latched) {
        const row = await trx
          .selectFrom('alarm')
          .select(['acknowledged_ms', 'resolved_ms'])
          .where('station', '=', station)
          .where('epoch', '=', alarm.epoch)
          .where('seq', '=', alarm.seq)
          .executeTakeFirst();
        if (!row) continue;
        const open = row.acknowledged_ms === null ? 'stored' : 'acknowledged';
        const state = row.resolved_ms === null ? open : 'resolved';
        const command = { name: 'alarm-state', alarm, state } as const;
        list.push({ v: 1, station, kind: 'command', command });
      }
      return list;
    });
    for (const answer of answers) this.#send(answer);
  }
}
