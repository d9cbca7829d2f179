import type { Generated } from 'kysely';
import type { RedemptionState, RewardPeriod } from '../domain/reward.ts';

/** Something that points can be redeemed for. */
export interface RewardTable {
  id: Generated<number>;
  name_zh: string;
  name_en: string;
  name_ko: string;
  cost: number;
  /** Pieces that nobody has reserved. */
  stock: number;
  /** One person redeems no more of them in a period; null for as many as there are. */
  person_max: number | null;
  person_period: RewardPeriod | null;
  /** First and last local day on which it can be redeemed; null for no bound. */
  from_day: string | null;
  to_day: string | null;
  added_ms: number;
  retired_ms: number | null;
}

/** Pieces that came, or with a minus were found to be gone. */
export interface RewardStockingTable {
  id: Generated<number>;
  reward: number;
  pieces: number;
  reason: string;
  by: string;
  at: number;
}

export interface RedemptionTable {
  id: Generated<number>;
  reward: number;
  volunteer: string;
  /** What it cost then. */
  points: number;
  /** Whoever says it picks the reward up; of one open redemption only. */
  code: string;
  /** Local day on which it was reserved. */
  day: string;
  reserved_by: string;
  reserved_ms: number;
  state: RedemptionState;
  /** Who handed it out or cancelled it. */
  closed_by: string | null;
  closed_ms: number | null;
  /** Why it was cancelled. */
  reason: string | null;
}
