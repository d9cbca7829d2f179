import type { LightName } from '../../device/domain/signals.ts';
import type { StationState } from '../../device/domain/state.ts';
import { type Invariant, invariants, type World } from './world.ts';

const helpLights = [
  'sending',
  'undelivered',
  'stored',
  'acknowledged',
  'neighbour',
] as const satisfies readonly LightName[];

const callingOf = ({ neighbours }: StationState) => neighbours.filter(({ isOver }) => !isOver);
const isHelp = (name: string): name is (typeof helpLights)[number] =>
  helpLights.some((known) => known === name);

/** A rule about calls for help that a light or a tone has broken. */
export interface Broken {
  readonly invariant: Invariant;
  readonly detail: string;
}

/** A light about a call for help speaks of one that is, and a silent station has one such light only. */
export function helpShown(
  { facts }: Pick<World, 'facts'>,
  name: string,
  state: StationState,
  isSilent: boolean,
): Broken | undefined {
  const light = invariants.light;
  for (const { key, state: said } of callingOf(state)) {
    const fact = said === 'raised' ? 'stored' : said;
    if (facts.callWas(key, fact)) continue;
    return { invariant: light, detail: `a neighbour's ${key.epoch}/${key.seq} is not ${fact}` };
  }
  const isAny = state.alarms.length > 0 || callingOf(state).length > 0;
  if (name === 'wink') {
    if (!isSilent) return { invariant: light, detail: 'it winks and is no silent station' };
    return isAny ? undefined : { invariant: light, detail: 'it winks without a call' };
  }
  // Whoever calls at a silent station must not be given away.
  if (isSilent && (isHelp(name) || isAny)) return { invariant: invariants.silent, detail: name };
  if (!isHelp(name)) return undefined;
  const isTrue =
    name === 'neighbour'
      ? callingOf(state).length > 0
      : state.alarms.some(({ phase }) => phase === name);
  return isTrue ? undefined : { invariant: light, detail: `light ${name} without such a call` };
}

/** While there is a call for help, a silent station sounds nothing. */
export function helpSounded(
  name: string,
  state: StationState,
  isSilent: boolean,
): Broken | undefined {
  const isAny = state.alarms.length > 0 || callingOf(state).length > 0;
  return isSilent && isAny ? { invariant: invariants.silent, detail: `tone ${name}` } : undefined;
}
