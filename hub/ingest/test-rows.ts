import type { AlarmEntry, Reading, RoutineEntry } from '../../shared/wire/entry.ts';
import { shownTests } from '../app/station-tests.ts';
import { TroubleBook } from '../app/trouble-book.ts';
import { isShownInTime } from '../domain/trouble.ts';
import type { CommitWork } from './commit-work.ts';
import type { LaneKey } from './lane-cursors.ts';
import { endUntried } from './second-path-rows.ts';

type TestEntry = Extract<AlarmEntry, { type: 'test' }>;
type ShownEntry = Extract<RoutineEntry, { type: 'test-shown' }>;

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
  const done = {
    ...{ epoch, seq, at_ms: occurredMs, stored_ms: nowMs },
    ...{ legs: JSON.stringify(legs), paths: JSON.stringify(paths) },
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
    ...legs,
    ...(asked ? { testId: asked.id, operator: asked.operator } : {}),
  });
  await endUntried(work, station, paths);
  await concludeTest(work, { station, epoch, seq });
}

/**
 * Records what the station's light said of a test in the end. The test itself is on a lane of its own,
 * and a hub that came back from a backup may be given it later.
 */
export async function recordTestShown(
  work: CommitWork,
  { station }: LaneKey,
  { test: seq, epoch, light, tookMs }: ShownEntry,
): Promise<void> {
  const added = await work.trx
    .insertInto('test_shown')
    .values({
      ...{ station, epoch, test_seq: seq, light, took_ms: tookMs },
      in_time: isShownInTime({ light, tookMs }) ? 1 : 0,
    })
    // A station says it once; what it says again of the same test changes nothing.
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (added) await concludeTest(work, { station, epoch, seq });
}

/**
 * Once both are here. How soon the light said "stored" is known by the station's monotonic clock: so no
 * jump of a clock and no message that lay in a broker makes a success, and whoever was told that there is
 * no answer is not contradicted.
 */
async function concludeTest(
  { trx, outgoing, nowMs, nameOf }: CommitWork,
  { station, epoch, seq }: { station: string; epoch: string; seq: number },
): Promise<void> {
  const test = await shownTests(trx)
    .where('station_test.station', '=', station)
    .where('station_test.epoch', '=', epoch)
    .where('seq', '=', seq)
    .executeTakeFirst();
  if (test === undefined || test.light === null) return;
  const { id, by, operator, light, lightTookMs: tookMs } = test;
  const inTime = test.isInTime === 1 && test.timed_out_ms === null;
  outgoing.toFeed('alarm', nowMs, {
    ...{ station, stationName: nameOf(station), alarm: { epoch, seq }, state: 'test-shown', by },
    ...{ testId: id, ...(operator === null ? {} : { operator }), light, tookMs, inTime },
  });
  if (!inTime) return;
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
    .select(['id', 'operator'])
    .where('station', '=', station)
    .where('request', '=', request)
    .where('seq', 'is', null)
    .executeTakeFirst();
