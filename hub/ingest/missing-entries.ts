import { counted } from '../../shared/counted.ts';
import { TroubleBook } from '../app/trouble-book.ts';
import type { ChainedEntry } from './chain.ts';
import type { CommitWork } from './commit-work.ts';
import type { LaneCursor } from './lane-cursors.ts';

interface Gap {
  readonly from: number;
  readonly through: number;
}

/**
 * A lane that goes on behind a gap has lost what the station no longer has: that is told, not hidden,
 * and stays trouble until a person has looked into it, or the entries came after all.
 */
export async function followGaps(
  work: CommitWork,
  { key, row }: LaneCursor,
  fresh: readonly ChainedEntry[],
): Promise<void> {
  const { trx, outgoing, nowMs, nameOf } = work;
  const { station, epoch, lane } = key;
  const first = fresh[0]?.entry.seq ?? row.through + 1;
  // Only what comes late can fill a gap; the ordinary course asks nothing more.
  if (first <= row.through) return endFilledGaps(work, { key, row });
  const gap = { from: row.through + 1, through: first - 1 };
  if (gap.through < gap.from) return;
  const about = { station, stationName: nameOf(station), epoch, lane, ...gap };
  outgoing.toFeed('station', nowMs, { ...about, state: 'entries-missing' });
  const detail = `${counted(gap.through - gap.from + 1, 'entry', 'entries')} of the ${lane} lane never came`;
  const part = `${epoch} ${lane} ${gap.from}-${gap.through}`;
  await new TroubleBook(trx, outgoing, nowMs).begin(
    { station, kind: 'entries-missing', part, detail },
    nowMs,
  );
}

async function endFilledGaps(
  { trx, outgoing, nowMs }: CommitWork,
  { key, row }: LaneCursor,
): Promise<void> {
  const { station, epoch, lane } = key;
  const open = await trx
    .selectFrom('trouble')
    .select('part')
    .where('station', '=', station)
    .where('kind', '=', 'entries-missing')
    .where('part', 'like', `${epoch} ${lane} %`)
    .where('ended_ms', 'is', null)
    .execute();
  const book = new TroubleBook(trx, outgoing, nowMs);
  for (const { part } of open) {
    const { from, through } = gapOf(part);
    const { n } = await trx
      .selectFrom('journal')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .where('lane_id', '=', row.id)
      .where('seq', '>=', from)
      .where('seq', '<=', through)
      .executeTakeFirstOrThrow();
    if (Number(n) === through - from + 1) {
      await book.end({ station, kind: 'entries-missing', part }, nowMs);
    }
  }
}

/** As `followGaps` has written it. */
function gapOf(part: string): Gap {
  const [from = 1, through = 0] = (part.split(' ')[2] ?? '').split('-').map(Number);
  return { from, through };
}
