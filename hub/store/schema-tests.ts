import type { Generated } from 'kysely';
import type { OtherPath, TestedBy, TestLight } from '../../shared/wire/entry.ts';

/** A test of the alarm's way: asked for by an operator, and done once the station's entry is here. */
export interface StationTestTable {
  id: Generated<number>;
  station: string;
  by: TestedBy;
  request: string | null;
  /** Who asked for it. */
  operator: string | null;
  requested_ms: number | null;
  epoch: string | null;
  seq: number | null;
  /** When the station began it. */
  at_ms: number | null;
  stored_ms: number | null;
  /** When it was given up, since the station had not answered what an operator asked. */
  timed_out_ms: number | null;
  /** How long each leg of the way took, in ms, as JSON. */
  legs: string | null;
  /** By which paths beside the broker the station sends it, as JSON; null until it is stored. */
  paths: string | null;
}

/** What the station's light said of a test in the end. */
export interface TestShownTable {
  id: Generated<number>;
  station: string;
  epoch: string;
  test_seq: number;
  light: TestLight;
  /** From the test on the station's disk until then; null for tests of before. */
  took_ms: number | null;
  /** 1 when it said "stored" as soon as an alarm has to be. */
  in_time: 0 | 1;
}

/** What came of a test by one of them. */
export interface SecondPathTryTable {
  id: Generated<number>;
  station: string;
  epoch: string;
  test_seq: number;
  path: OtherPath;
  /** Null when no receipt came. */
  took_ms: number | null;
  detail: string;
}
