import type { AlarmEntry, Reading } from '../../shared/wire/entry.ts';
import { TroubleBook } from '../app/trouble-book.ts';
import { isTestInTime } from '../domain/trouble.ts';
import type { CommitWork } from './commit-work.ts';
import type { LaneKey } from './lane-cursors.ts';
import { endUntried } from './second-path-rows.ts';

type TestEntry = Extract<AlarmEntry, { type: 'test' }>;

/** How long each leg of a test's way took, in milliseconds; what two clocks cannot tell is left out. */
export interface TestLegs {
  /** From its beginning until the station sent the message that was stored, by the station's clock. */
  readonly waitedMs?: number;
  /** From there to the hub; only as good as both wall clocks. */
  readonly underWayMs?: number;
}

/**
 * Records a test of the alarm's way. It raises no alarm; the receipt that every entry gets is the
 * answer on the station's light.
 */
export async function recordTest(
  work: CommitWork,
  { station, epoch }: LaneKey,
  { seq, at, by, request, paths = [] }: TestEntry,
  { occurredMs, sent }: { occurredMs: number; sent: Reading },
): Promise<void> {
  const { trx, outgoing, nowMs, nameOf } = work;
  const legs = legsOf(at, sent, nowMs);
  const asked = request === undefined ? undefined : await requestOf({ trx }, station, request);
  const requestedMs = asked?.requested_ms ?? undefined;
  const isGivenUp = asked !== undefined && asked.timed_out_ms !== null;
  const isInTime = isTestInTime({ ...legs, requestedMs, isGivenUp, storedMs: nowMs });
  const done = {
    ...{ epoch, seq, at_ms: occurredMs, stored_ms: nowMs },
    ...{ in_time: isInTime ? (1 as const) : (0 as const), legs: JSON.stringify(legs) },
    paths: JSON.stringify(paths),
  };
  if (asked) await trx.updateTable('station_test').set(done).where('id', '=', asked.id).execute();
  // Also for a request that this hub does not know, since it came back from an older backup.
  else
    await trx
      .insertInto('station_test')
      .values({ station, by, ...done })
      .execute();
  outgoing.toFeed('alarm', occurredMs, {
    ...{ station, stationName: nameOf(station), alarm: { epoch, seq }, state: 'test', by },
    ...{ inTime: isInTime, ...legs },
    ...(asked ? { testId: asked.id, operator: asked.operator } : {}),
  });
  await endUntried(work, station, paths);
  if (!isInTime) return;
  await new TroubleBook(trx, outgoing, nowMs).end({ station, kind: 'never-tested' }, nowMs);
}

function legsOf(at: Reading, sent: Reading, storedMs: number): TestLegs {
  return {
    ...(at.boot === sent.boot ? { waitedMs: Math.max(0, sent.monoMs - at.monoMs) } : {}),
    ...(sent.synced ? { underWayMs: Math.max(0, storedMs - sent.wallMs) } : {}),
  };
}

/** A request is answered once, however late: what the station says of it again is a test of its own. */
const requestOf = ({ trx }: Pick<CommitWork, 'trx'>, station: string, request: string) =>
  trx
    .selectFrom('station_test')
    .select(['id', 'operator', 'requested_ms', 'timed_out_ms'])
    .where('station', '=', station)
    .where('request', '=', request)
    .where('seq', 'is', null)
    .executeTakeFirst();
