import type { Reading } from '../../shared/wire/entry.ts';
import { clockAheadMaxMs, isSound } from './dating.ts';

/**
 * When a boot began, and how that was learnt: from the clock of a message that it sent, from when such
 * a message came, or from the station, which repeats what a hub once told it.
 */
export interface Anchor {
  readonly startMs: number;
  readonly learnt: 'station-clock' | 'receipt-time' | 'repeated';
}

/**
 * When the boot that sent a message began: by its own clock, or else by when the message came, which
 * is late by as long as the message took.
 */
export const anchorOfSending = (sent: Reading, receivedMs: number): Anchor =>
  isSound(sent, receivedMs)
    ? { startMs: sent.wallMs - sent.monoMs, learnt: 'station-clock' }
    : { startMs: receivedMs - sent.monoMs, learnt: 'receipt-time' };

/** What there is to go by. */
export interface AnchorEvidence {
  /** What the hub went by before. */
  readonly kept: Anchor | undefined;
  /** What the station was told; of a hub that came back from a backup it may know more. */
  readonly toldMs: number | undefined;
  /** What the message at hand tells, when that boot has sent it. */
  readonly sending: Anchor | undefined;
  /** By when the boot must have begun, since nothing that has come of it happened after it came. */
  readonly latestMs: number;
}

/**
 * When a boot began, by all that is known of it. What was used first stays, so that later messages are
 * dated like earlier ones, unless it is shown to be worse: a message may have waited for hours in a
 * broker, so an anchor by its coming is only ever too late. What came of the boot before shows that as
 * well: an entry that a boot behind it brought sooner. The anchor says so itself, and no entry is cut
 * off at its coming, since the station keeps the anchor, but nobody keeps when an entry first came.
 * @returns `kept` itself when it stays
 */
export function chooseAnchor(evidence: AnchorEvidence): Anchor | undefined {
  const { kept, toldMs, sending, latestMs } = evidence;
  const told: Anchor | undefined =
    toldMs === undefined ? undefined : { startMs: toldMs, learnt: 'repeated' };
  if (kept?.learnt === 'station-clock') return kept;
  const isToldBetter = told !== undefined && told.startMs < (kept ?? told).startMs;
  const best = isToldBetter ? told : (kept ?? told ?? sending);
  // Messages take longer and shorter: by so little, as by a clock that is a little off, nothing moves.
  return best !== undefined && latestMs < best.startMs - clockAheadMaxMs
    ? { startMs: latestMs, learnt: 'receipt-time' }
    : best;
}
