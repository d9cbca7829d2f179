import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listAlarms, resolveAlarm } from '../../hub/app/alarms.ts';
import { addAlarmEvent } from '../../hub/ingest/alarm-rows.ts';
import { readFalseAlarmRule, readHubSettings, readTimeZone } from '../../hub/settings.ts';
import { IngestHub, Past } from '../support/ingest-hub.ts';

describe('what an operator says of an alarm', () => {
  let hub: IngestHub;
  beforeEach(async () => {
    hub = await IngestHub.start();
    const past = new Past(hub, 'alarm').add(119, { type: 'alarm', gesture: 'hold' });
    await hub.give(past.message(1, 1), hub.macKey, 'alarm');
  });
  afterEach(() => hub.stop());

  it('stays with the alarm, and does not go on the feed', async () => {
    const note = 'words about somebody';
    await resolveAlarm(hub.store, 1, 'Operator 1', { cause: 'real', note });
    const told = await hub.outgoing();
    expect(JSON.stringify(told)).not.toContain(note);
    expect(told.map(({ body }) => body)).toContainEqual(
      expect.objectContaining({ state: 'resolved', cause: 'real' }),
    );
    const row = await hub.store.db.selectFrom('alarm').select('note').executeTakeFirst();
    expect(row).toEqual({ note });
  });

  it('has to be said', async () => {
    const silent = resolveAlarm(hub.store, 1, 'Operator 1', { cause: 'real', note: ' ' });
    await expect(silent).rejects.toThrow('the note must not be blank');
  });

  it('ends what the list says of an alarm that nobody answers', async () => {
    const exhausted = async () => (await listAlarms(hub.store)).map((line) => line.exhausted);
    expect(await exhausted()).toEqual([false]);
    await hub.store.db
      .transaction()
      .execute((trx) => addAlarmEvent(trx, { alarm: 1, at: hub.nowMs, event: 'exhausted' }));
    expect(await exhausted()).toEqual([true]);
  });
});

describe('a fault in hub.json', () => {
  it('keeps nobody from what needs other parts of it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'yizhan-hub-json-'));
    const settings = { notifiers: 'none', timeZone: 'Asia/Seoul', falseAlarms: { limit: 7 } };
    writeFileSync(join(folder, 'hub.json'), JSON.stringify(settings));
    expect(() => readHubSettings(folder)).toThrow(/notifiers/);
    expect(readTimeZone(folder)).toBe('Asia/Seoul');
    expect(readFalseAlarmRule(folder)).toEqual({ perDays: 90, limit: 7 });
    rmSync(folder, { recursive: true });
  });
});
