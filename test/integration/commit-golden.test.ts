import { expect, it } from 'vitest';
import { IngestHub, minuteMs, Past, reading, startMs } from '../support/ingest-hub.ts';

const tables = [
  ...(['lane', 'journal', 'check_in', 'transfer', 'account', 'boot_anchor'] as const),
  ...(['alarm', 'alarm_event', 'trouble', 'set_aside'] as const),
] as const;
const nextDayMinute = 24 * 60;
const unset = (boot: string, monoMin: number) =>
  reading(0, { wallMs: 7, monoMs: monoMin * minuteMs, boot, synced: false });
const epoch = (digit: number): string => `ep-000000000000000${digit}`;

/** What each group of messages says, and each row that it makes or changes, under names that no chance has given. */
class Record {
  readonly #hub: IngestHub;
  readonly #lines: string[] = [];
  readonly #rows = new Set<string>();
  #receipts = 0;
  #told = 0;

  constructor(hub: IngestHub) {
    this.#hub = hub;
  }

  get text(): string {
    const { station, volunteer, card } = this.#hub;
    return `${this.#lines.join('\n')}\n`
      .replaceAll(station, 'STATION')
      .replaceAll(volunteer, 'VOLUNTEER')
      .replaceAll(card, 'CARD')
      .replaceAll(/"[0-9a-f]{64}"/g, '"HASH"');
  }

  /** Gives these messages at once, so that they are one group. */
  async group(title: string, ...messages: Promise<void>[]): Promise<void> {
    await Promise.all(messages);
    this.#lines.push(`# ${title}`);
    for (const receipt of this.#hub.receipts.slice(this.#receipts)) this.#add('receipt', receipt);
    this.#receipts = this.#hub.receipts.length;
    const outgoing = await this.#hub.outgoing();
    for (const { topic, body } of outgoing.slice(this.#told)) this.#add(topic, body);
    this.#told = outgoing.length;
    for (const table of tables) {
      const rows = await this.#hub.store.db.selectFrom(table).selectAll().execute();
      for (const row of rows) this.#add(table, row, this.#rows);
    }
  }

  #add(name: string, what: object, known = new Set<string>()): void {
    const line = `${name} ${JSON.stringify(what)}`;
    if (!known.has(line)) this.#lines.push(line);
    known.add(line);
  }
}

it('leaves the rows, says the receipts and tells the feed that it always did', async () => {
  const hub = await IngestHub.start();
  try {
    const record = new Record(hub);
    const alarms = new Past(hub, 'alarm', epoch(1)).add(90, { type: 'alarm', gesture: 'hold' });
    const day = new Past(hub, 'routine', epoch(1))
      .add(0, { type: 'started', version: '1.0' })
      .checkIns(30, 40, 100)
      .add(101, { type: 'check-in', card: 'f'.repeat(32) })
      .add(102, { type: 'fault', part: 'reader', state: 'begun', detail: 'unplugged' })
      .checkIn(reading(102 + nextDayMinute));
    await record.group(
      'a day of a station, and an alarm that overtakes it',
      hub.give(day.message(1, 3)),
      hub.give(day.message(4, 7)),
      hub.give(alarms.message(1, 1), hub.macKey, 'alarm'),
    );

    hub.nowMs = startMs + nextDayMinute * minuteMs;
    const late = new Past(hub, 'routine', epoch(2)).checkIns(0, 5, 10, 20);
    const undated = new Past(hub, 'routine', epoch(3))
      .checkIn(reading(600, { boot: 'boot-2' }))
      .checkIn(unset('boot-3', 5))
      .checkIn(unset('boot-3', 90))
      .checkIn(reading(800, { boot: 'boot-4' }));
    const sent = reading(nextDayMinute, { boot: 'boot-4' });
    await record.group(
      'what happened before comes late, some of it twice, some without a date',
      hub.give(late.message(1, 3, nextDayMinute)),
      hub.give(late.message(2, 4, nextDayMinute)),
      hub.give(undated.message(1, 3, nextDayMinute, { sent })),
    );
    await record.group(
      'what comes behind it gives it a date',
      hub.give(undated.message(4, 4, nextDayMinute, { sent })),
      hub.give(day.message(2, 4, nextDayMinute)),
    );

    const copied = day.copy().checkIns(800);
    await record.group(
      'a copied card, what is missing, and what nobody has any more',
      hub.give(day.checkIns(700, 760).message(8, 9, nextDayMinute)),
      hub.give(copied.message(8, 8, nextDayMinute)),
      hub.give(late.checkIns(21, 22, 23, 24).message(6, 6, nextDayMinute)),
      hub.give(late.message(7, 8, nextDayMinute, { oldest: 7 })),
    );
    await expect(record.text).toMatchFileSnapshot('../fixtures/commit-golden.txt');
  } finally {
    await hub.stop();
  }
});
