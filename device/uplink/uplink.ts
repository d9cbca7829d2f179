import { type Bus, BusOffline, type Will } from '../../shared/bus/bus.ts';
import type { Clock } from '../../shared/clock.ts';
import { newSession } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { decodeHubMessage, decodeHubPresence, encodeMessage } from '../../shared/wire/codec.ts';
import type { Lane } from '../../shared/wire/entry.ts';
import { seal } from '../../shared/wire/mac.ts';
import type {
  CommandMessage,
  HealthMessage,
  PresenceMessage,
  ReceiptMessage,
  StationMessage,
} from '../../shared/wire/messages.ts';
import { hubPresenceTopic, stationTopic } from '../../shared/wire/topics.ts';
import type { Input } from '../domain/steps.ts';
import type { Journal } from '../journal/journal.ts';
import { checkReceipt } from '../journal/receipt-check.ts';

export interface UplinkOptions {
  readonly station: string;
  readonly macKey: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The journal of now: what the hub says of entries is held against it. */
  readonly journal: () => Journal;
  /** What the bus brings, as inputs for the station's brain. */
  readonly dispatch: (input: Input) => void;
  readonly newSession?: () => string;
}

type Presence = Pick<PresenceMessage, 'epoch' | 'latched'>;
type Health = Pick<
  HealthMessage,
  'version' | 'reader' | 'panel' | 'journal' | 'disk' | 'clock' | 'backlog' | 'diskFreeBytes'
>;

/** Puts what the station decided onto the bus, and what the bus brings before the station. */
export class Uplink {
  readonly #options: UplinkOptions;
  #bus: Bus | undefined;
  readonly #newSession: () => string;
  #session: string;
  #sinceMs = 0;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#newSession = options.newSession ?? newSession;
    this.#session = this.#newSession();
  }

  /** A new session, and the will that belongs to it: made for each connection before it is opened. */
  will(presence: Presence): Will {
    this.#session = this.#newSession();
    this.#sinceMs = this.#options.clock.read().wallMs;
    return {
      topic: this.#topic('presence'),
      payload: this.#encode(this.#presence(presence, false)),
    };
  }

  /** Connects and stays connected; the rest comes as inputs. */
  async start(bus: Bus): Promise<void> {
    this.#bus = bus;
    const { dispatch, log } = this.#options;
    bus.subscribe([this.#topic('receipt'), this.#topic('command')], async ({ payload }) =>
      this.#fromHub(payload),
    );
    bus.subscribe([hubPresenceTopic], async ({ payload }) => {
      const presence = decodeHubPresence(payload);
      if (presence.ok) dispatch({ type: 'hub', online: presence.value.online });
      else log.warn({ reason: presence.reason, detail: presence.detail }, 'hub presence refused');
    });
    await bus.start({
      onConnection: (connected) => dispatch({ type: 'connection', connected }),
      onTrouble: (detail) => log.info({ detail }, 'broker not reached'),
    });
  }

  /** Sends entries of the journal. What does not arrive is sent again when the receipt does not come. */
  send(journal: Journal, lane: Lane, from: number, through: number): void {
    const { clock, macKey, station } = this.#options;
    // Sealed as the journal has them: the hash covers the text, and no schema may reorder it.
    const entries = journal.read(lane, from, through).map(({ text }): unknown => JSON.parse(text));
    const payload = seal(macKey, {
      v: 1,
      station,
      kind: lane === 'alarm' ? 'alarm' : 'journal',
      epoch: journal.epoch,
      sent: clock.read(),
      oldest: journal.oldest(lane),
      previous: journal.hashBefore(lane, from),
      entries,
    });
    this.#publish(lane === 'alarm' ? 'alarm' : 'journal', payload, false);
  }

  /** An alarm waits for no pause between attempts to connect. */
  hurry(): void {
    this.#bus?.hurry?.();
  }

  /** Says that the station is there and how it is. */
  announce(presence: Presence, health: Health): void {
    const { station, clock } = this.#options;
    const report: HealthMessage = {
      v: 1,
      station,
      kind: 'health',
      session: this.#session,
      sent: clock.read(),
      ...health,
    };
    this.#publish('presence', this.#encode(this.#presence(presence, true)), true);
    this.#publish('health', this.#encode(report), true);
  }

  /** Says good-bye, so that nobody waits for a will, and leaves. */
  async stop(presence: Presence): Promise<void> {
    const farewell = this.#encode(this.#presence(presence, false));
    await this.#bus
      ?.publish(this.#topic('presence'), farewell, { retain: true })
      .catch(this.#offline);
    await this.#bus?.stop();
  }

  #fromHub(payload: Uint8Array): void {
    const { log, macKey, station } = this.#options;
    const decoded = decodeHubMessage(macKey, payload);
    if (!decoded.ok) {
      log.warn(
        { reason: decoded.reason, detail: decoded.detail },
        'message to this station refused',
      );
      return;
    }
    const message = decoded.value;
    if (message.station !== station) {
      log.warn('message for another station refused');
      return;
    }
    if (message.kind === 'receipt') this.#receipted(message);
    else this.#commanded(message);
  }

  /** A receipt is authentic, but may be of another past than ours: the journal tells. */
  #receipted({ epoch, lane, through, hash, outcomes }: ReceiptMessage): void {
    const { dispatch, journal, log } = this.#options;
    if (epoch !== journal().epoch) return;
    const checked = checkReceipt(journal(), { lane, through, hash });
    if (checked.past !== 'same') log.warn({ lane, ...checked }, 'receipt of another past');
    dispatch({ type: 'receipt', epoch, lane, outcomes, ...checked });
  }

  #commanded({ command }: CommandMessage): void {
    const { dispatch, journal, log } = this.#options;
    switch (command.name) {
      case 'alarm-state':
        dispatch({ type: 'alarm-state', alarm: command.alarm, state: command.state });
        return;
      case 'begin-epoch': {
        const { epoch, lane, through, hash } = command;
        // Only what the hub really has from us may leave the backlog.
        const ours = epoch === journal().epoch && hash === journal().hashAt(lane, through);
        if (ours) dispatch({ type: 'set-aside', epoch, lane, through });
        else log.warn({ lane, through }, 'setting aside entries that are not ours: ignored');
        return;
      }
    }
  }

  #presence(presence: Presence, online: boolean): PresenceMessage {
    const { station } = this.#options;
    const { epoch, latched } = presence;
    const session = this.#session;
    return {
      v: 1,
      station,
      kind: 'presence',
      session,
      online,
      sinceMs: this.#sinceMs,
      epoch,
      latched,
    };
  }

  #publish(
    kind: 'alarm' | 'journal' | 'presence' | 'health',
    payload: Buffer,
    retain: boolean,
  ): void {
    this.#bus?.publish(this.#topic(kind), payload, { retain }).catch(this.#offline);
  }

  /** Offline is no trouble here: the brain hears of the connection, and sends again after it. */
  readonly #offline = (error: unknown): void => {
    if (!(error instanceof BusOffline))
      this.#options.log.error({ err: error }, 'publishing failed');
  };

  #encode(message: StationMessage): Buffer {
    return encodeMessage(this.#options.macKey, message);
  }

  #topic(kind: Parameters<typeof stationTopic>[1]): string {
    return stationTopic(this.#options.station, kind);
  }
}
