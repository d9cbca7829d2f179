import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Operator } from './operator.ts';
import type { Scene } from './scene.ts';

export interface Replacement {
  /** How long the hub goes on behind its backup: all of that is lost to it. */
  readonly livesOnMs: number;
  readonly downMs: number;
}

/**
 * Copies the hub's database while it is written, lets it go on, kills it without notice, and starts it
 * again with the copy. What stations have sent meanwhile comes again from their journals; what an
 * operator did meanwhile is known to nobody else, and the operator does it again.
 *
 * Both hands on the file wait for the operator's command under way: a program that still had the old
 * file open would remove the new one's log by its name when it ends. Who restores a backup does the same.
 */
export async function replaceHub(
  scene: Scene,
  operator: Operator,
  { livesOnMs, downMs }: Replacement,
): Promise<void> {
  const backup = join(scene.folder, 'backup.sqlite');
  rmSync(backup, { force: true });
  const inBackup = await operator.whileIdle(async () => {
    await scene.truth.backUp(backup);
    return operator.confirmed();
  });
  await delay(livesOnMs);
  await scene.hub.kill();
  await operator.whileIdle(async () => {
    scene.truth.replaceBy(backup);
    operator.onlyConfirmed(inBackup);
  });
  await delay(downMs);
  await scene.hub.start();
}
