import { type Bus, BusOffline, type Will } from '../../shared/bus/bus.ts';
import type { Clock } from '../../shared/clock.ts';
import { newSession } from '../../shared/ids.ts';
import type { Log } from '../../shared/log.ts';
import { decodeHubMessage, decodeHubPresence, encodeMessage } from '../../shared/wire/codec.ts';
import type { Lane } from '../../shared/wire/entry.ts';
import { latchedAlarmsMax } from '../../shared/wire/limits.ts';
import { seal } from '../../shared/wire/mac.ts';
import type {
  AlarmKey,
  BootAnchor,
  CommandMessage,
  HealthMessage,
  HubMessage,
  PresenceMessage,
  ReceiptMessage,
  StationMessage,
} from '../../shared/wire/messages.ts';
import { hubPresenceTopic, stationTopic } from '../../shared/wire/topics.ts';
import type { Input } from '../domain/steps.ts';
import type { Journal } from '../journal/journal.ts';
import { reading } from '../journal/reading.ts';
import { checkReceipt } from '../journal/receipt-check.ts';
import { entriesMessage } from './entries-message.ts';

export interface UplinkOptions {
  readonly station: string;
  readonly macKey: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The journal of now: what the hub says of entries is held against it. */
  readonly journal: () => Journal;
  /** Called when what the hub says could not be held against the journal, because that is unreadable. */
  readonly onUnreadable: (lane: Lane, error: unknown) => void;
  /** What the bus brings, as inputs for the station's brain. */
  readonly dispatch: (input: Input) => void;
  readonly newSession?: () => string;
}

type Presence = Pick<PresenceMessage, 'epoch' | 'latched'>;
type Health = Pick<
  HealthMessage,
  | 'version'
  | 'reader'
  | 'panel'
  | 'journal'
  | 'disk'
  | 'clock'
  | 'power'
  | 'button'
  | 'enrolment'
  | 'backlog'
  | 'diskFreeBytes'
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

  /**
   * Sends entries of the journal. What does not arrive is sent again when the receipt does not come.
   * @throws JournalUnreadable or SqliteError when the journal does not give them
   */
  send(journal: Journal, lane: Lane, from: number, through: number): void {
    const payload = this.#entries(journal, lane, from, through);
    this.#publish(lane === 'alarm' ? 'alarm' : 'journal', payload, false);
  }

  /**
   * One entry of the alarm lane as it would go over the bus, for another path.
   * @throws JournalUnreadable or SqliteError when the journal does not give it
   */
  sealedAlarm(journal: Journal, seq: number): Buffer {
    return this.#entries(journal, 'alarm', seq, seq);
  }

  /**
   * What another path answered. Only a receipt that the hub has sealed for this station's alarm lane
   * is believed; it goes the same way as one from the bus.
   * @returns whether it was one
   */
  answered(payload: Uint8Array): boolean {
    const message = this.#authentic(payload);
    if (message?.kind !== 'receipt' || message.lane !== 'alarm') return false;
    this.#receipted(message);
    return true;
  }

  /** @returns whether this is the hub's sealed word that it has the alarm lane as far as this entry. */
  isReceiptFor({ epoch, seq }: AlarmKey, payload: Uint8Array): boolean {
    const message = this.#authentic(payload);
    const isOfLane = message?.kind === 'receipt' && message.lane === 'alarm';
    return isOfLane && message.epoch === epoch && message.through >= seq;
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
    const message = this.#authentic(payload);
    if (message?.kind === 'receipt') this.#receipted(message);
    if (message?.kind === 'command') this.#commanded(message);
  }

  /** @returns what the hub said to this station, and nobody else. */
  #authentic(payload: Uint8Array): HubMessage | undefined {
    const { log, macKey, station } = this.#options;
    const decoded = decodeHubMessage(macKey, payload);
    if (!decoded.ok) {
      log.warn(
        { reason: decoded.reason, detail: decoded.detail },
        'message to this station refused',
      );
      return undefined;
    }
    if (decoded.value.station === station) return decoded.value;
    log.warn('message for another station refused');
    return undefined;
  }

  /** A receipt is authentic, but may be of another past than ours: the journal tells. */
  #receipted({ epoch, lane, through, hash, outcomes, boots = [] }: ReceiptMessage): void {
    const { dispatch, journal, log } = this.#options;
    if (epoch !== journal().epoch) return;
    const checked = this.#reading(lane, () => checkReceipt(journal(), { lane, through, hash }));
    if (checked === undefined) return;
    if (checked.past !== 'same') log.warn({ lane, ...checked }, 'receipt of another past');
    // Before the cursor moves on: what the hub has then need never be sent again to hear it.
    else this.#keepBoots(lane, checked.through, boots);
    dispatch({ type: 'receipt', epoch, lane, outcomes, ...checked });
  }

  /** Without it a hub that comes back from a backup may date those entries otherwise, and none is lost. */
  #keepBoots(lane: Lane, through: number, boots: readonly BootAnchor[]): void {
    const { journal, log } = this.#options;
    try {
      journal().boots.keep(lane, through, boots);
    } catch (error) {
      log.warn({ err: error }, 'what the hub said of a boot could not be kept: it is told again');
    }
  }

  #commanded({ command }: CommandMessage): void {
    const { dispatch, journal, log } = this.#options;
    switch (command.name) {
      case 'alarm-state':
        dispatch({ type: 'alarm-state', alarm: command.alarm, state: command.state });
        return;
      case 'test':
        dispatch({ type: 'test', request: command.request });
        return;
      case 'enrol':
        dispatch({ type: 'enrol', request: command.request, forMs: command.forMs });
        return;
      case 'enrol-over':
        dispatch({ type: 'enrol-over', request: command.request });
        return;
      case 'announce-every':
        dispatch({ type: 'announce-every', everyMs: command.everyMs });
        return;
      case 'neighbour-alarm': {
        const { alarm, stationName, state } = command;
        dispatch({ type: 'neighbour-alarm', alarm, stationName, state });
        return;
      }
      case 'begin-epoch': {
        const { epoch, lane, through, hash } = command;
        // Only what the hub really has from us may leave the backlog.
        const own = this.#reading(lane, () => journal().hashAt(lane, through));
        const ours = epoch === journal().epoch && hash === own;
        if (ours) dispatch({ type: 'set-aside', epoch, lane, through });
        else log.warn({ lane, through }, 'setting aside entries that are not ours: ignored');
        return;
      }
    }
  }

  /** What the bus brought must not end in an error: the bus would cut the connection, also for alarms. */
  #reading<T>(lane: Lane, read: () => T): T | undefined {
    try {
      return reading(`the ${lane} lane`, read);
    } catch (error) {
      this.#options.onUnreadable(lane, error);
      return undefined;
    }
  }

  #presence(presence: Presence, online: boolean): PresenceMessage {
    const { station } = this.#options;
    const { epoch } = presence;
    // The newest: there can only be more when the hub has none of them yet, and could not answer.
    const latched = presence.latched.slice(-latchedAlarmsMax);
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

  #entries(journal: Journal, lane: Lane, from: number, through: number): Buffer {
    const { clock, macKey, station } = this.#options;
    const span = { lane, from, through };
    return seal(macKey, entriesMessage(journal, span, { station, sent: clock.read() }));
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
