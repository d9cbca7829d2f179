import type { Bus } from '../../shared/bus/bus.ts';
import type { Log } from '../../shared/log.ts';
import { systemTimers, type Timers } from '../../shared/timers.ts';
import type { OtherPath } from '../../shared/wire/entry.ts';
import type { AlarmKey } from '../../shared/wire/messages.ts';
import type { Brain } from '../brain.ts';
import { hubReachable } from '../domain/state.ts';
import type { JournalKeeper } from '../journal/journal-keeper.ts';
import { Carrier } from '../relay/carrier.ts';
import { MdnsNeighbours } from '../relay/mdns-neighbours.ts';
import type { Neighbours } from '../relay/neighbours.ts';
import { startRelayServer } from '../relay/relay-server.ts';
import type { StationSettings } from '../settings/station-settings.ts';
import type { Uplink } from '../uplink/uplink.ts';
import { post } from './post.ts';
import { SecondPath } from './second-path.ts';
import { SecondPathTrial } from './trial.ts';
import { Ways } from './ways.ts';

export interface SecondPathOptions {
  readonly settings: Pick<StationSettings, 'station' | 'macKey' | 'relay' | 'secondPath'>;
  readonly brain: Pick<Brain, 'state' | 'onChange' | 'dispatch' | 'onUnreadable'>;
  readonly keeper: JournalKeeper;
  readonly uplink: Uplink;
  /** Not yet started: a relay subscribes to the hub's answers. */
  readonly bus: Bus;
  /** Where others are found; by default the local network. */
  readonly neighbours?: Neighbours | undefined;
  readonly log: Log;
  /** The network and its time, which a simulation has of its own. */
  readonly network?: SecondPathNetwork | undefined;
}

export interface SecondPathNetwork {
  readonly timers: Timers;
  readonly random: () => number;
  readonly post: typeof post;
  readonly listen: typeof startRelayServer;
}

const realNetwork: SecondPathNetwork = {
  timers: systemTimers,
  random: Math.random,
  post,
  listen: startRelayServer,
};

/** By what else than the broker an alarm goes, as the settings have it. */
export const otherPathsOf = ({
  secondPath,
  relay,
}: Pick<StationSettings, 'relay' | 'secondPath'>): readonly OtherPath[] => [
  ...(secondPath === undefined ? [] : ['https' as const]),
  ...(relay.enabled ? ['relay' as const] : []),
];

/** What else brings an alarm to the hub, as far as the settings ask for it. */
export async function startSecondPath(
  options: SecondPathOptions,
): Promise<{ stop(): Promise<void> }> {
  const { settings, brain, uplink, log } = options;
  const { timers, random, post } = options.network ?? realNetwork;
  const { station, relay, secondPath } = settings;
  const closers: (() => unknown)[] = [];
  const neighbours = relay.enabled ? await joinNeighbours(options, closers) : undefined;
  const sealed = (seq: number) => sealedFrom(options, seq);
  const ways = new Ways({ station, hub: secondPath, neighbours, sealed, post });
  const answered = (payload: Uint8Array) => uplink.answered(payload);
  if (ways.hasHttps || ways.hasNeighbours) {
    const path = new SecondPath({ ways, brain, answered, timers, random, log });
    closers.push(() => path.stop());
  }
  const isReceiptFor = (entry: AlarmKey, answer: Uint8Array) => uplink.isReceiptFor(entry, answer);
  const trial = new SecondPathTrial({ ways, brain, isReceiptFor, timers, log });
  closers.push(() => trial.stop());
  return {
    async stop() {
      for (let close = closers.pop(); close; close = closers.pop()) await close();
    },
  };
}

/** Relays for the neighbours, and finds those who relay for this station. */
async function joinNeighbours(
  { settings, brain, bus, neighbours, log, network = realNetwork }: SecondPathOptions,
  closers: (() => unknown)[],
): Promise<Neighbours | undefined> {
  const { station, macKey, relay } = settings;
  const { timers, listen } = network;
  const reachable = (): boolean => hubReachable(brain.state);
  const carrier = new Carrier({ station, macKey, bus, reachable, timers, log });
  const carry = (message: Uint8Array) => carrier.carry(message);
  const found = neighbours ?? new MdnsNeighbours({ timers, log });
  try {
    const server = await listen({ ...relay, station, carry, timers, log });
    closers.push(() => server.stop());
    found.start({ station, port: server.port });
    closers.push(() => found.stop());
    return found;
  } catch (error) {
    // The station's own button does not depend on what it can do for others.
    log.error({ err: error, port: relay.port }, 'this station relays for no neighbour');
    return undefined;
  }
}

/** The journal may have been replaced since the state was decided on; its damage is the brain's to mend. */
function sealedFrom({ brain, keeper, uplink }: SecondPathOptions, seq: number): Buffer | undefined {
  const { journal } = keeper;
  if (journal.epoch !== brain.state.epoch) return undefined;
  try {
    return uplink.sealedAlarm(journal, seq);
  } catch (error) {
    brain.onUnreadable('alarm', error);
    return undefined;
  }
}
