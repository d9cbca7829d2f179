import type { Generated, Kysely, Transaction } from 'kysely';
import type { Anchor } from '../domain/boot-anchor.ts';
import type { DatedBy } from '../domain/dating.ts';
import type { ReviewReason } from '../domain/review.ts';
import type { TroubleKind } from '../domain/trouble.ts';
import type { CardTables } from './schema-cards.ts';
import type { PeopleTables } from './schema-people.ts';
import type {
  ContributionTable,
  CorrectionTable,
  HonourTable,
  SuspicionTable,
  TransferTable,
} from './schema-points.ts';
import type { RetentionRunTable, RetentionSliceTable } from './schema-privacy.ts';
import type { RedemptionTable, RewardStockingTable, RewardTable } from './schema-rewards.ts';
import type { SecondPathTryTable, StationTestTable, TestShownTable } from './schema-tests.ts';

/** Times are milliseconds since 1970 UTC, days are local dates (YYYY-MM-DD), points are integers. */
export interface Schema extends PeopleTables, CardTables {
  meta: { key: string; value: string };
  station: StationTable;
  journal: JournalTable;
  lane: LaneTable;
  boot_anchor: BootAnchorTable;
  set_aside: SetAsideTable;
  check_in: CheckInTable;
  account: { id: string; volunteer_id: string | null; balance: number };
  transfer: TransferTable;
  correction: CorrectionTable;
  honour: HonourTable;
  reward: RewardTable;
  reward_stocking: RewardStockingTable;
  redemption: RedemptionTable;
  suspicion: SuspicionTable;
  contribution: ContributionTable;
  contribution_text: { contribution: number; text: string };
  alarm: AlarmTable;
  alarm_event: AlarmEventTable;
  operator_action: OperatorActionTable;
  policy: PolicyTable;
  refusal: { reason: string; station: string; count: number; last_at: number };
  refusal_sample: RefusalSampleTable;
  outbox: { id: Generated<number>; messages: string };
  station_presence: StationPresenceTable;
  trouble: TroubleTable;
  station_test: StationTestTable;
  test_shown: TestShownTable;
  second_path_try: SecondPathTryTable;
  /** Degrees, WGS 84. */
  station_position: { station: string; latitude: number; longitude: number };
  /** Whose neighbours are whoever is within so many metres. */
  neighbour_rule: { station: string; within_m: number };
  /** Who is told at once when `station` calls for help. */
  station_neighbour: { station: string; neighbour: string };
  /** Who was a neighbour of `station`, up to this alarm of it. */
  left_neighbour: { station: string; neighbour: string; through_alarm: number };
  day_close: { day: string; by: string; at: number; summary: string };
  day_carry: { day: string; subject: string; reason: string; by: string };
  day_cleared: { subject: string; day: string };
  ended_session: EndedSessionTable;
  /** What those who were called for an alarm are still to be told. */
  untold_answer: { alarm_id: number; state: 'acknowledged' | 'resolved' };
  retention_run: RetentionRunTable;
  retention_slice: RetentionSliceTable;
}

interface StationTable {
  id: string;
  name: string;
  mac_key: string;
  mqtt_password_hash: string;
  created_at: number;
  revoked_at: number | null;
  /** Not heard of for so long, it is silent; null for what holds for all. */
  silent_after_ms: number | null;
}

interface LaneTable {
  id: Generated<number>;
  station: string;
  epoch: string;
  name: string;
  /** Highest sequence that is committed, and the chain hash there. */
  through: number;
  hash: string;
  /** When the newest entry with a date of its own happened; 0 for none. */
  dated_ms: number;
  /** The boot of the newest entry, and when it began by the lane's own readings, where they tell. */
  boot: string | null;
  boot_start_ms: number | null;
  /** By when that boot must have begun, by when its entries came. */
  boot_latest_ms: number | null;
  /** How the newest entry was dated. */
  dated_by: DatedBy | null;
  /** The first of the newest entries whose dates later ones may still change. */
  open_seq: number | null;
  /** From here on entries are still to be dated anew, piece by piece; null for none. */
  anew_from: number | null;
}

/** When a boot of a station began, as far as it had to be learnt from other than the entries themselves. */
interface BootAnchorTable {
  id: Generated<number>;
  station: string;
  boot: string;
  start_ms: number;
  learnt: Anchor['learnt'];
}

/** Entries of a lane that forked: kept until a person decides what becomes of them. */
interface SetAsideTable {
  id: Generated<number>;
  station: string;
  epoch: string;
  lane: 'alarm' | 'routine';
  seq: number;
  /** The entry as JSON text, exactly as the station hashed it. */
  body: string;
  hash: string;
  /** The station's clocks when it was sent, as JSON. */
  sent: string;
  received_ms: number;
  decision: 'accepted' | 'discarded' | null;
}

interface JournalTable {
  id: Generated<number>;
  lane_id: number;
  seq: number;
  type: string;
  /** The entry as JSON text, exactly as the station hashed it. */
  body: string;
  hash: string;
  received_ms: number;
  /** When it happened; where that is only known within bounds, the later one. */
  occurred_ms: number;
  /** The earlier bound, where there are bounds. */
  earliest_ms: number | null;
  dated_by: string;
  /** The slice of a retention run that emptied the body but for its clocks. */
  emptied_by: Generated<number | null>;
}

interface CheckInTable {
  journal_id: number;
  volunteer_id: string | null;
  station: string;
  epoch: string;
  seq: number;
  card: string;
  day: string;
  /** Of the day where the scheme is, 0 to 1439; null for what was stored before it was kept. */
  minute: number | null;
  occurred_ms: number;
  /** 1 when it takes part in the scoring of its day. */
  counts: 0 | 1;
  /** Why it waits for a person, or what the person decided; null when nobody has to. */
  review: ReviewReason | 'accepted' | 'refused' | null;
  outcome: string;
  /** The sum of its transfers. */
  points: number;
  /** How many transfers there are for it. */
  transfers: number;
}

interface AlarmTable {
  id: Generated<number>;
  station: string;
  epoch: string;
  seq: number;
  raised_ms: number;
  stored_ms: number;
  acknowledged_ms: number | null;
  acknowledged_by: string | null;
  resolved_ms: number | null;
  resolved_by: string | null;
  cause: string | null;
  note: string | null;
  mistake_ms: number | null;
}

interface AlarmEventTable {
  id: Generated<number>;
  alarm_id: number;
  at: number;
  event: string;
  by: string | null;
  detail: string | null;
}

interface OperatorActionTable {
  id: Generated<number>;
  at: number;
  by: string;
  action: string;
  subject: string;
  detail: string;
}

/** The rules of the days from `effective_from` on, until the next one. Final. */
interface PolicyTable {
  version: number;
  effective_from: string;
  /** As JSON, with the defaults of its time filled in. */
  body: string;
  /** null for those that came with the program. */
  published_at: number | null;
  published_by: string | null;
}

interface RefusalSampleTable {
  id: Generated<number>;
  reason: string;
  station: string;
  at: number;
  topic: string;
  detail: string;
  payload: Uint8Array;
}

interface StationPresenceTable {
  station: string;
  state: string;
  session: string;
  since_ms: number;
  heard_ms: number;
  /** The last health message as JSON. */
  health: string | null;
}

interface TroubleTable {
  id: Generated<number>;
  /** null for the hub's own. */
  station: string | null;
  kind: TroubleKind;
  /** Which of several of one kind, such as the epoch that forked; empty where there is only one. */
  part: string;
  detail: string;
  begun_ms: number;
  /** When the hub last heard of it, by its own clock. */
  told_ms: number;
  ended_ms: number | null;
  /** Who ended it, for a trouble that only a person can end, and what they said. */
  ended_by: string | null;
  note: string | null;
}

/** A connection that a station is no longer on. */
interface EndedSessionTable {
  id: Generated<number>;
  station: string;
  session: string;
  /** 1 when its will or good-bye has come, too. */
  closed: 0 | 1;
}

export type Db = Kysely<Schema>;
export type Trx = Transaction<Schema>;
