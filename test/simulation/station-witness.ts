import type { decide } from '../../device/domain/decide.ts';
import { type Light, type LightName, lights, type Tone } from '../../device/domain/signals.ts';
import type { StationState } from '../../device/domain/state.ts';
import type { Journal } from '../../device/journal/journal.ts';
import { type Lane, lanes } from '../../shared/wire/entry.ts';
import type { AlarmKey } from '../../shared/wire/messages.ts';
import { type Broken, helpShown, helpSounded } from './help-witness.ts';
import { keyOf } from './hub-facts.ts';
import { silentStations } from './template.ts';
import { type Invariant, invariants, violate, type World } from './world.ts';

/** An entry that a station has put on its disk. */
export interface Made {
  readonly lane: Lane;
  readonly type: string;
  readonly hash: string;
  /** The station's brain saw the append succeed. */
  signalled: boolean;
  readonly durable: boolean;
}

const lightNames = new Map<Light, string>(
  Object.entries(lights).map(([name, light]) => [light, name]),
);
const isTap = (name: string): boolean => tapLights.has(name);
const tapLights = new Set<string>([
  'credited',
  'noPoints',
  'savedHere',
  'unknownCard',
  'blockedCard',
  'onDisk',
] satisfies LightName[]);

/** Stands beside one station, and compares what it says with what is so. */
export class StationWitness {
  /** By epoch, lane and sequence. */
  readonly made = new Map<string, Made>();
  readonly #alarms = new Map<string, { epoch: string; seq: number }>();
  /** Held in memory only, because no disk would take them. */
  readonly #atRisk = new Set<string>();
  readonly #world: World;
  readonly #station: string;

  constructor(world: World, station: string) {
    this.#world = world;
    this.#station = station;
  }

  /** What a unit that boots has on its disk, whether its brain ever heard of it or not. */
  booted(journal: Journal, state: StationState, isDurable: boolean): void {
    for (const lane of lanes) {
      for (const { seq, hash, text } of journal.read(lane, 1, journal.last(lane))) {
        const { type } = JSON.parse(text) as { type: string };
        this.#add(journal.epoch, lane, seq, type, hash, false, isDurable);
      }
    }
    // A disk that cannot be read tells nobody of the alarms on it.
    if (!isDurable) return;
    // A unit that dies right after it set its journal aside has not copied its latches yet.
    const isNew = lanes.every((lane) => journal.last(lane) === 0);
    for (const [name, { epoch }] of this.#alarms) {
      if ((isNew || this.#atRisk.has(name)) && epoch !== state.epoch) this.#alarms.delete(name);
    }
    this.#latched(state);
  }

  /** The rules, watched. */
  watch(rules: typeof decide, journal: () => Journal, isDurable: () => boolean): typeof decide {
    return (state, input, nowMs) => {
      if (input.type === 'appended') {
        const { lane, seq, draft } = input;
        const [entry] = journal().read(lane, seq, seq);
        const hash = entry?.hash ?? 'not in the journal';
        this.#add(journal().epoch, lane, seq, draft.type, hash, true, isDurable());
      }
      if (input.type === 'journal-replaced') this.#raisedAnew(state);
      const decision = rules(state, input, nowMs);
      this.#cursors(state, decision.state);
      if (!isDurable()) for (const name of this.#alarms.keys()) this.#atRisk.add(name);
      if (isDurable() && decision.state.alarms !== state.alarms) this.#latched(decision.state);
      return decision;
    };
  }

  /** Each light means one thing that has really happened (DESIGN, promise 5). */
  shown(light: Light, state: StationState): void {
    const { facts, trace } = this.#world;
    const name = lightNames.get(light) ?? light.name;
    trace.note(this.#station, `light ${name}`);
    this.#help(helpShown(this.#world, name, state, this.isSilent));
    for (const { key, phase } of state.alarms) {
      const alarm = keyOf(this.#station, key.epoch, key.seq);
      if (phase !== 'stored' && phase !== 'acknowledged') continue;
      if (!facts.alarmWas(alarm, phase)) this.#lie(`alarm ${alarm} is not ${phase}`);
    }
    const { test } = state;
    if (name === ('testStored' satisfies LightName)) {
      const key = test && keyOf(this.#station, test.key.epoch, test.key.seq);
      if (key === undefined || !facts.testWas(key)) this.#lie(`test ${key} is not at the hub`);
    }
    if (!isTap(name)) return;
    const seq = state.tap?.seq;
    if (seq === undefined || !this.made.get(`${state.epoch}/routine/${seq}`)?.signalled) {
      this.#lie(`light ${name} for a tap that is not on disk`);
      return;
    }
    const key = keyOf(this.#station, state.epoch, seq);
    if (name === 'onDisk' || name === 'savedHere') return;
    const outcome = state.tap?.kind ?? '';
    const isTrue = name === 'credited' ? facts.wasTransferred(key) : facts.outcomeWas(key, outcome);
    if (!isTrue) this.#lie(`light ${name}, but ${key} is not ${outcome} at the hub`);
  }

  /** A tone that is sounded, in the station's state of that moment. */
  sounded({ name }: Tone, state: StationState): void {
    this.#help(helpSounded(name, state, this.isSilent));
  }

  get isSilent(): boolean {
    return silentStations.includes(this.#station);
  }

  #help(broken: Broken | undefined): void {
    if (broken) this.#violate(broken.invariant, broken.detail);
  }

  #add(
    epoch: string,
    lane: Lane,
    seq: number,
    type: string,
    hash: string,
    signalled: boolean,
    durable: boolean,
  ): void {
    const key = `${epoch}/${lane}/${seq}`;
    const before = this.made.get(key);
    if (before && before.hash !== hash && before.signalled) {
      this.#violate(invariants.unchanged, `${key} was made twice`);
    }
    this.made.set(key, {
      lane,
      type,
      hash,
      durable,
      signalled: signalled || before?.signalled === true,
    });
    if (type === 'alarm' && durable) {
      this.#alarms.set(keyOf(this.#station, epoch, seq), { epoch, seq });
    }
  }

  #cursors(before: StationState, after: StationState): void {
    for (const lane of lanes) {
      const { committed } = after.lanes[lane];
      if (after.epoch === before.epoch && committed <= before.lanes[lane].committed) continue;
      const durable = this.#world.facts.through(this.#station, after.epoch, lane);
      if (committed > durable) {
        this.#violate(invariants.cursor, `${lane} ${committed}, the hub had ${durable}`);
      }
    }
  }

  /** Nothing but a person at the hub ends an alarm (DESIGN, promise 4). */
  #latched(state: StationState): void {
    for (const [name, { epoch, seq }] of this.#alarms) {
      if (this.#world.facts.alarmWas(name, 'resolved')) continue;
      const isIt = (key: AlarmKey): boolean => key.epoch === epoch && key.seq === seq;
      // What was raised anew lives on under another name.
      if (state.alarms.some(({ key }) => isIt(key)) || state.raisedAnew.some(isIt)) continue;
      this.#violate(invariants.latched, name);
    }
  }

  /** What the hub does not have yet is raised anew in the next journal, under another name. */
  #raisedAnew({ alarms }: StationState): void {
    for (const { key, phase } of alarms) {
      if (phase !== 'sending' && phase !== 'undelivered') continue;
      this.#alarms.delete(keyOf(this.#station, key.epoch, key.seq));
    }
  }

  #lie(detail: string): void {
    this.#violate(invariants.light, detail);
  }

  #violate(invariant: Invariant, detail: string): void {
    violate(this.#world, invariant, `${this.#station}: ${detail}`);
  }
}
