import { audit } from '../../hub/audit/audit.ts';
import { Pace } from '../../hub/nightly/pace.ts';
import { removeOld } from '../../hub/privacy/remove-old.ts';
import { dayOf, type IngestHub, minuteMs, Past, reading, startMs } from './ingest-hub.ts';

export const dayMin = 24 * 60;
export const dayMs = dayMin * minuteMs;
/** Minutes since the start, in months of their own. */
export const [march, april, may] = [0, 30 * dayMin, 65 * dayMin];
/** Early on 1 July: 75 days before is 17 April, so that March goes and April stays. */
export const nightMs = Date.parse('2026-06-30T19:30:00Z');

/** A hub whose check-ins grow old. */
export class RetentionScene {
  readonly hub: IngestHub;

  constructor(hub: IngestHub) {
    this.hub = hub;
  }

  /** Gives check-ins of one epoch, each at its minute, and the hub has them soon after the last. */
  async give(minutes: readonly number[], past = new Past(this.hub)): Promise<Past> {
    const { hub } = this;
    const from = past.texts.length + 1;
    for (const minute of minutes) past.checkIn(reading(minute));
    const last = minutes.at(-1) ?? 0;
    hub.nowMs = Math.max(hub.nowMs, startMs + (last + 1) * minuteMs);
    await hub.give(past.message(from, past.texts.length, last));
    return past;
  }

  remove(atMs = nightMs, checkInDays = 31) {
    const asked = { checkInDays, by: 'nightly', atMs, dayOf };
    return removeOld(this.hub.store, asked, new Pace());
  }

  /** What the audit finds. */
  async findings() {
    return (await audit(this.hub.store)).findings;
  }

  checkIns() {
    return this.hub.store.db.selectFrom('check_in').selectAll().execute();
  }
}
