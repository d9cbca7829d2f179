import { type Before, type Dated, type DatedBy, isSound, type Undated } from './dating.ts';

/** What the hub keeps in mind of a lane's end, so that what comes next is dated as if it had come along. */
export interface LaneEnd extends Before {
  /** How the newest entry was dated; undefined when there is none. */
  readonly datedBy: DatedBy | undefined;
  /** The first of the newest entries whose dates later ones may still change; undefined for none. */
  readonly openSeq: number | undefined;
  /**
   * By when the boot of the newest entry must have begun, since none of its entries that stand here
   * happened after it came.
   */
  readonly latestStartMs: number | undefined;
}

export interface Numbered extends Undated {
  readonly seq: number;
}

/** @returns where a lane begins to be dated anew: nothing is known but what stands before. */
export const endAt = (before: Before): LaneEnd => ({
  ...before,
  ...{ datedBy: undefined, openSeq: undefined, latestStartMs: undefined },
});

/** Of these nothing that comes later knows better. */
const isFinal = (datedBy: DatedBy): boolean =>
  datedBy === 'station-clock' || datedBy === 'same-boot';

/**
 * @param dates of the entries, in their order
 * @returns the lane's end once these entries stand behind it
 */
export function endAfter(
  end: LaneEnd,
  entries: readonly Numbered[],
  dates: readonly Dated[],
): LaneEnd {
  let { datedMs, boot, startMs, datedBy, openSeq, latestStartMs } = end;
  for (const [index, { seq, at, receivedMs }] of entries.entries()) {
    const date = dates[index];
    if (!date) continue;
    // What is dated by its boot's anchor stays so once another boot has begun.
    const goesOn = openSeq !== undefined && (datedBy === 'bounds' || boot === at.boot);
    if (isFinal(date.datedBy)) openSeq = undefined;
    else if (!goesOn) openSeq = seq;
    if (isSound(at, receivedMs)) startMs = at.wallMs - at.monoMs;
    else if (boot !== at.boot) startMs = undefined;
    if (date.datedBy !== 'bounds') datedMs = date.occurredMs;
    const latestMs = receivedMs - at.monoMs;
    latestStartMs = boot === at.boot ? Math.min(latestStartMs ?? latestMs, latestMs) : latestMs;
    ({ boot } = at);
    ({ datedBy } = date);
  }
  return { datedMs, boot, startMs, datedBy, openSeq, latestStartMs };
}

/**
 * Whether the open entries of a lane's end get other dates by what has come. Asked of each message,
 * so that a unit whose clock is never set costs no more with each entry.
 * @param moved boots of which the hub has just learnt better when they began
 */
export function openChanges(
  { openSeq, datedBy, boot }: LaneEnd,
  entries: readonly Undated[],
  dates: readonly Dated[],
  moved: ReadonlySet<string>,
): boolean {
  if (openSeq === undefined) return false;
  if (datedBy === 'bounds') return dates.some((date) => date.datedBy !== 'bounds');
  if (boot !== undefined && moved.has(boot)) return true;
  // The entries of a boot stand together: its own reading dates all of them, also those before it.
  const [first] = dates;
  return first !== undefined && entries[0]?.at.boot === boot && isFinal(first.datedBy);
}
