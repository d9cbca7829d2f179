import type { BootAnchor } from '../../shared/wire/messages.ts';
import { type Anchor, anchorOfSending, chooseAnchor } from '../domain/boot-anchor.ts';
import { isSound } from '../domain/dating.ts';
import type { IngestStatements } from '../store/ingest-statements.ts';
import type { Trx } from '../store/schema.ts';
import type { EntriesMessage } from './admit.ts';
import type { CommitWork } from './commit-work.ts';
import type { LaneCursor } from './lane-cursors.ts';

/**
 * Of so many boots a station is told when it asks how far the hub is: it may have missed a receipt just
 * before it rebooted, and is told of the boot before soon enough.
 */
const recentBootsMax = 16;

export interface Anchors {
  readonly starts: ReadonlyMap<string, number>;
  /** Boots of which the hub has only now learnt better when they began. */
  readonly moved: ReadonlySet<string>;
}

const none: Anchors = { starts: new Map(), moved: new Set() };

/**
 * When boots began of which the lane's own readings do not tell; what is new of it is kept. What the
 * message tells of its own boot is not let go by: the first entries of that are likely to come next.
 * @param lane as it stands before the message
 */
export async function anchorsOf(
  { statements, nowMs }: Pick<CommitWork, 'statements' | 'nowMs'>,
  lane: LaneCursor['row'],
  { kind, station, sent, entries, boots: told = [] }: EntriesMessage,
  boots: readonly string[],
): Promise<Anchors> {
  if (boots.length === 0) return none;
  const starts = new Map<string, number>();
  const moved = new Set<string>();
  for (const boot of new Set([...boots, sent.boot])) {
    const [row] = await statements.findAnchor({ station, boot });
    const kept: Anchor | undefined = row && { startMs: row.start_ms, learnt: row.learnt };
    const toldMs = told.find((one) => one.boot === boot)?.startMs;
    const sending = sent.boot === boot ? anchorOfSending(sent, nowMs) : undefined;
    const readings = [sent, ...entries.map(({ at }) => at)].filter((at) => at.boot === boot);
    const heardMs = nowMs - Math.max(0, ...readings.map(({ monoMs }) => monoMs));
    const storedMs = lane.boot === boot ? lane.boot_latest_ms : null;
    const latestMs = Math.min(heardMs, storedMs ?? heardMs);
    const evidence = { kept, toldMs, sending, latestMs };
    // What routine entries were dated by changes together with their lane only.
    const chosen = kind === 'alarm' && kept ? kept : chooseAnchor(evidence);
    if (chosen === undefined) continue;
    const { startMs, learnt } = chosen;
    starts.set(boot, startMs);
    if (chosen === kept) continue;
    await statements.keepAnchor({ station, boot, start_ms: startMs, learnt });
    if (kept) moved.add(boot);
  }
  return { starts, moved };
}

/**
 * What the station is to remember of the entries that it sent, so that any hub dates them alike again.
 * Asked only where an entry's own clock does not date it.
 * @param through only entries that the hub has
 */
export async function anchorsToTell(
  { statements, nowMs }: { statements: IngestStatements; nowMs: number },
  { station, entries }: EntriesMessage,
  through: number,
): Promise<BootAnchor[]> {
  const boots = new Set(
    entries.flatMap(({ seq, at }) => (seq > through || isSound(at, nowMs) ? [] : at.boot)),
  );
  const anchors: BootAnchor[] = [];
  for (const boot of boots) {
    const [kept] = await statements.findAnchor({ station, boot });
    if (kept) anchors.push({ boot, startMs: kept.start_ms });
  }
  return anchors;
}

/** The boots of a station that the hub last learnt of. */
export async function recentAnchors(trx: Trx, station: string): Promise<BootAnchor[]> {
  const rows = await trx
    .selectFrom('boot_anchor')
    .select(['boot', 'start_ms'])
    .where('station', '=', station)
    .orderBy('id', 'desc')
    .limit(recentBootsMax)
    .execute();
  return rows.map(({ boot, start_ms }) => ({ boot, startMs: start_ms }));
}
