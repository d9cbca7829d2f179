import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../hub/store/open-store.ts';
import { IngestHub, Past } from '../support/ingest-hub.ts';
import { MountedDisk } from '../support/mounted-disk.ts';

/** Room for a store and a little more. */
const diskMib = 24;

describe("the hub's disk", () => {
  let disk: MountedDisk;
  let hub: IngestHub;

  beforeEach(async () => {
    disk = MountedDisk.tmpfs(diskMib);
    const folder = join(disk.folder, 'data');
    hub = await IngestHub.start(folder);
  });
  afterEach(async () => {
    await hub.stop();
    disk.unmount();
  });

  it('that is full: nothing is receipted that is not stored, and all comes in once there is room', async () => {
    const past = new Past(hub).checkIns(0, 70);
    await hub.give(past.message(1, 1));
    disk.fill();
    // The log has room of its own for a while: it is written until the disk refuses.
    let stored = 1;
    while (
      await hub.give(past.checkIns(80).message(stored + 1, stored + 1)).then(() => true, isFull)
    ) {
      stored += 1;
    }
    expect(hub.receipts.at(-1)).toMatchObject({ through: stored });
    expect(await hub.journalRows()).toBe(stored);
    disk.free();
    await hub.give(past.message(stored + 1, stored + 1, 118));
    expect(hub.receipts.at(-1)).toMatchObject({ through: stored + 1 });
    expect((await hub.balances()).sum).toBe(0);
  });

  it('that fails and goes read-only: nothing is receipted, and nothing that was is lost', async () => {
    const card = MountedDisk.ext4(diskMib);
    const folder = join(card.folder, 'data');
    const failing = await IngestHub.start(folder);
    const past = new Past(failing).checkIns(0, 70);
    await failing.give(past.message(1, 1));
    card.breakDown();
    expect(card.isReadOnly).toBe(true);
    await expect(failing.give(past.message(2, 2))).rejects.toThrow();
    expect(failing.receipts).toHaveLength(1);
    const rescued = join(disk.folder, 'rescued');
    cpSync(folder, rescued, { recursive: true });
    const store = openStore(rescued);
    expect(await store.db.selectFrom('journal').select('seq').execute()).toEqual([{ seq: 1 }]);
    await store.close();
    await failing.ingest.settled();
    await failing.store.close().catch(() => undefined); // nothing more can be written there
    card.unmount();
  });
});

/** @returns false, for "not stored"; anything but a full disk is a fault of the test. */
function isFull(error: unknown): false {
  expect(String(error)).toMatch(/full|disk I\/O/);
  return false;
}
