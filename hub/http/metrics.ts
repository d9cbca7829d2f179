import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { PresenceState } from '../domain/presence.ts';
import type { IngestMeter } from '../ingest/ingest-meter.ts';

/** What is asked anew whenever somebody looks. */
export interface MetricsSources {
  openAlarms(): Promise<number>;
  exhaustedAlarms(): number;
  openTroubles(): Promise<number>;
  outboxWaiting(): Promise<number>;
  stations(state: PresenceState): number;
}

const states: readonly PresenceState[] = ['online', 'offline', 'silent'];

/** What the hub counts since it started, in the form that Prometheus reads. Names no person and no station. */
export class HubMetrics implements IngestMeter {
  readonly registry = new Registry();
  readonly #refused = this.#counter('messages_refused_total', 'Messages refused, by reason', [
    'reason',
  ]);
  readonly #committed = this.#counter('entries_committed_total', 'Journal entries committed');
  readonly #receipted = this.#counter('receipts_sent_total', 'Receipts handed to the broker');

  constructor(sources: MetricsSources) {
    collectDefaultMetrics({ register: this.registry });
    const { registry } = this;
    const registers = [registry];
    new Gauge({
      name: 'yizhan_alarms_open',
      help: 'Alarms that nobody has resolved',
      registers,
      async collect() {
        this.set(await sources.openAlarms());
      },
    });
    new Gauge({
      name: 'yizhan_alarms_exhausted',
      help: 'Alarms of which everybody on the ladder was told, and that nobody has acknowledged',
      registers,
      collect() {
        this.set(sources.exhaustedAlarms());
      },
    });
    new Gauge({
      name: 'yizhan_troubles_open',
      help: 'Troubles of stations and of the hub that have not ended',
      registers,
      async collect() {
        this.set(await sources.openTroubles());
      },
    });
    new Gauge({
      name: 'yizhan_outbox_waiting',
      help: 'Messages that are committed and not yet published',
      registers,
      async collect() {
        this.set(await sources.outboxWaiting());
      },
    });
    new Gauge({
      name: 'yizhan_stations',
      help: 'Stations by how they stand; silent also those that never came',
      labelNames: ['state'],
      registers,
      collect() {
        for (const state of states) this.set({ state }, sources.stations(state));
      },
    });
  }

  refused(reason: string): void {
    this.#refused.inc({ reason });
  }

  committed(entries: number): void {
    this.#committed.inc(entries);
  }

  receipted(): void {
    this.#receipted.inc();
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name: `yizhan_${name}`, help, labelNames, registers: [this.registry] });
  }
}
