import type { Brain } from '../../device/brain.ts';
import type { JournalKeeper } from '../../device/journal/journal-keeper.ts';
import { isNeighboursAlarm, type RelayServerOptions } from '../../device/relay/relay-server.ts';
import { type SecondPathOptions, startSecondPath } from '../../device/second-path/start.ts';
import type { Uplink } from '../../device/uplink/uplink.ts';
import type { Bus } from '../../shared/bus/bus.ts';
import type { Random } from './random.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { answer, doorUrl } from './virtual-street.ts';
import type { World } from './world.ts';

/** How many of the stations have which other path. */
const share = { https: 0.7, relay: 0.6 };

type Settings = SecondPathOptions['settings'];

/** What `station.json` says of other paths, the same through all lives of a unit. */
export function drawSecondPath(
  random: Random,
  { station, macKey }: Pick<Settings, 'station' | 'macKey'>,
): Settings {
  return {
    ...{ station, macKey },
    ...(random.chance(share.https) ? { secondPath: { url: doorUrl } } : {}),
    relay: { enabled: random.chance(share.relay), host: '0.0.0.0', port: 0 },
  };
}

export interface SecondPathParts {
  readonly settings: Settings;
  readonly brain: Brain;
  readonly keeper: JournalKeeper;
  readonly uplink: Uplink;
  /** Not started yet. */
  readonly bus: Bus;
}

/** The real second path, relay and trial of a station, on virtual networks. */
export function startSimulatedSecondPath(
  world: World,
  process: SimulatedProcess,
  { brain, settings, ...parts }: SecondPathParts,
): Promise<unknown> {
  const { random, street, mutation } = world;
  const { station, macKey } = settings;
  const { log, timers } = process;
  const post = street.postOf(station, process);
  return startSecondPath({
    ...{ ...parts, settings, log, neighbours: street.neighboursOf(station) },
    brain: {
      get state() {
        return brain.state;
      },
      onChange: (listener) => brain.onChange(listener),
      // What is awaited comes back from outside of the program, which may be dead by then.
      dispatch: (input) => process.enter(() => brain.dispatch(input)),
      onUnreadable: (lane, error) => process.enter(() => brain.onUnreadable(lane, error)),
    },
    network: {
      timers,
      random: () => random.next(),
      post: mutation.stationPost?.(post, { station, macKey }) ?? post,
      listen: async (options) => listen(world, process, options),
    },
  });
}

/** Answers neighbours as device/relay/relay-server.ts does. */
function listen(
  { street }: World,
  process: SimulatedProcess,
  { station, carry }: RelayServerOptions,
): { port: number; stop(): Promise<void> } {
  street.announce(station, async (payload) => {
    if (!process.alive) return new Promise(() => {});
    if (!isNeighboursAlarm(payload, station)) return answer(400);
    const carried = await carry(payload);
    if (carried.kind === 'receipt') return answer(200, Buffer.from(carried.receipt));
    return answer(carried.kind === 'refused' ? 403 : 503);
  });
  return { port: 0, stop: async () => street.forget(station) };
}
