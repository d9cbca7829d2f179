import type { LightName, ToneName } from './signals.ts';
import {
  type AlarmPhase,
  hubReachable,
  type StationState,
  type TapSignal,
  type TestSignal,
} from './state.ts';

/** What the light and the tone say, highest first. The panels and the documentation draw from it. */
export interface LightRow {
  readonly name: string;
  readonly when: (state: StationState) => boolean;
  readonly light: LightName;
  readonly tone?: ToneName;
}

const alarmIs =
  (phase: AlarmPhase) =>
  (state: StationState): boolean =>
    state.alarms.some((alarm) => alarm.phase === phase);

const testIs =
  (phase: TestSignal['phase']) =>
  (state: StationState): boolean =>
    state.test?.phase === phase;

const tapIs =
  (...kinds: TapSignal['kind'][]) =>
  (state: StationState): boolean =>
    state.tap !== undefined && kinds.includes(state.tap.kind);

export const lightTable: readonly LightRow[] = [
  {
    name: 'alarm-undelivered',
    when: alarmIs('undelivered'),
    light: 'undelivered',
    tone: 'insistent',
  },
  { name: 'alarm-sending', when: alarmIs('sending'), light: 'sending', tone: 'short' },
  { name: 'alarm-stored', when: alarmIs('stored'), light: 'stored', tone: 'long' },
  {
    name: 'alarm-acknowledged',
    when: alarmIs('acknowledged'),
    light: 'acknowledged',
    tone: 'rising',
  },
  {
    name: 'test-undelivered',
    when: testIs('undelivered'),
    light: 'testUndelivered',
    tone: 'low',
  },
  { name: 'test-sending', when: testIs('sending'), light: 'testSending', tone: 'one' },
  { name: 'test-stored', when: testIs('stored'), light: 'testStored', tone: 'rising' },
  { name: 'credited', when: tapIs('credited'), light: 'credited', tone: 'rising' },
  {
    name: 'no-points',
    when: tapIs('already-checked-in', 'daily-limit', 'held-for-review', 'recorded'),
    light: 'noPoints',
    tone: 'one',
  },
  { name: 'saved-here', when: tapIs('saved-here'), light: 'savedHere', tone: 'one' },
  { name: 'unknown-card', when: tapIs('unknown-card'), light: 'unknownCard', tone: 'low' },
  { name: 'blocked-card', when: tapIs('blocked-card'), light: 'blockedCard', tone: 'low' },
  { name: 'not-read', when: tapIs('not-read'), light: 'notRead', tone: 'twoShort' },
  { name: 'refused', when: tapIs('refused'), light: 'fault', tone: 'low' },
  { name: 'on-disk', when: tapIs('on-disk'), light: 'onDisk', tone: 'tick' },
  {
    name: 'fault',
    when: ({ parts }) => [parts.reader, parts.journal, parts.disk].includes('fault'),
    light: 'fault',
  },
  { name: 'hub-away', when: (state) => !hubReachable(state), light: 'hubAway' },
  { name: 'all-well', when: () => true, light: 'allWell' },
];

const lastRow: LightRow = { name: 'all-well', when: () => true, light: 'allWell' };

/** @returns the highest row that is true now. */
export const rowNow = (state: StationState): LightRow =>
  lightTable.find((row) => row.when(state)) ?? lastRow;
