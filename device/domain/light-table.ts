import { neighboursCalling } from './neighbours.ts';
import type { LightName, ToneName } from './signals.ts';
import {
  type AlarmPhase,
  type Enrolment,
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
  /** What a silent station shows instead; it sounds nothing then. */
  readonly discreet?: LightName;
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

const enrolmentIs =
  (...phases: Enrolment['phase'][]) =>
  (state: StationState): boolean =>
    state.enrolment !== undefined && phases.includes(state.enrolment.phase);

export const lightTable: readonly LightRow[] = [
  {
    name: 'alarm-undelivered',
    when: alarmIs('undelivered'),
    light: 'undelivered',
    tone: 'insistent',
    discreet: 'wink',
  },
  {
    name: 'alarm-sending',
    when: alarmIs('sending'),
    light: 'sending',
    tone: 'short',
    discreet: 'wink',
  },
  {
    name: 'alarm-stored',
    when: alarmIs('stored'),
    light: 'stored',
    tone: 'long',
    discreet: 'wink',
  },
  {
    name: 'alarm-acknowledged',
    when: alarmIs('acknowledged'),
    light: 'acknowledged',
    tone: 'rising',
    discreet: 'wink',
  },
  {
    name: 'neighbour-alarm',
    when: (state) => neighboursCalling(state).length > 0,
    light: 'neighbour',
    tone: 'three',
    discreet: 'wink',
  },
  {
    name: 'test-undelivered',
    when: testIs('undelivered'),
    light: 'testUndelivered',
    tone: 'low',
    discreet: 'testUndelivered',
  },
  {
    name: 'test-sending',
    when: testIs('sending'),
    light: 'testSending',
    tone: 'one',
    discreet: 'testSending',
  },
  {
    name: 'test-stored',
    when: testIs('stored'),
    light: 'testStored',
    tone: 'rising',
    discreet: 'testStored',
  },
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
  { name: 'phone', when: tapIs('phone'), light: 'phone', tone: 'twoShort' },
  { name: 'refused', when: tapIs('refused'), light: 'fault', tone: 'low' },
  { name: 'on-disk', when: tapIs('on-disk'), light: 'onDisk', tone: 'tick' },
  { name: 'enrol-again', when: enrolmentIs('again'), light: 'enrolAgain', tone: 'twoShort' },
  {
    name: 'enrol-waiting',
    when: enrolmentIs('waiting', 'phone'),
    light: 'enrolWaiting',
    tone: 'one',
  },
  {
    name: 'fault',
    when: ({ parts }) => [parts.reader, parts.journal, parts.disk, parts.button].includes('fault'),
    light: 'fault',
  },
  { name: 'hub-away', when: (state) => !hubReachable(state), light: 'hubAway' },
  { name: 'all-well', when: () => true, light: 'allWell' },
];

const lastRow: LightRow = { name: 'all-well', when: () => true, light: 'allWell' };

/** @returns the highest row that is true now. */
export const rowNow = (state: StationState): LightRow =>
  lightTable.find((row) => row.when(state)) ?? lastRow;

/** What a row shows and sounds. At a silent station a call for help is one discreet wink, whatever became of it. */
export const signalsOf = (
  { light, tone, discreet }: LightRow,
  silent: boolean,
): { readonly light: LightName; readonly tone?: ToneName } =>
  silent && discreet ? { light: discreet } : { light, ...(tone === undefined ? {} : { tone }) };
