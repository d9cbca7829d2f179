import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { Refusal } from '../app/registry.ts';
import { notifierWorks } from '../app/troubles.ts';
import { type Notice, type Notifier, NotifyError } from '../notify/notifier.ts';
import { readHubSettings } from '../settings.ts';
import { answer, type Common, command, fromHere, hasStore, withStore } from './run.ts';

/** On top of a notifier's own time, so that what is told is its own reason. */
const lastWordMs = 1_000;

export function addNotifyCommands(program: Command): void {
  program
    .command('notify')
    .description('Notifiers: try.')
    .addCommand(
      command('try', 'Sends a test, marked as one, through a notifier of hub.json.')
        .argument('<name>', 'of the notifier')
        .action(async (name: string, common: Common) => {
          const { makeNotifiers } = await import('../notify/make-notifiers.ts');
          const { notifiers, timeZone } = readHubSettings(fromHere(common.data));
          const all = makeNotifiers(notifiers, { timeZone });
          const one = all.find((notifier) => notifier.name === name);
          if (!one) throw new Refusal(`there is no notifier ${name}: ${listOf(all)}`);
          await tryOut(one);
          // What a notice to nobody cannot begin it can end: the other side has taken it just now.
          if (hasStore(common)) await withStore(common, ({ db }) => notifierWorks(db, name));
          answer(common, { notifier: name, taken: true }, `${name}: the test was taken`);
        }),
    );
}

const listOf = (all: readonly Notifier[]): string =>
  all.length === 0 ? 'hub.json has none' : `hub.json has ${all.map(({ name }) => name).join(', ')}`;

/** @throws Refusal with what came of it */
async function tryOut(notifier: Notifier): Promise<void> {
  const atMs = Date.now();
  const notice: Notice = {
    id: `try-${randomUUID()}`,
    alarmId: 0,
    station: 'st-00000000',
    stationName: '测试 / Test / 시험',
    raisedMs: atMs,
    storedMs: atMs,
    isMistake: false,
    isTest: true,
    step: 1,
  };
  let trouble: string | undefined;
  notifier.start?.((now) => {
    trouble = now;
  });
  try {
    await notifier.notify(notice, AbortSignal.timeout(notifier.noticeMaxMs + lastWordMs));
  } catch (error) {
    if (!(error instanceof NotifyError)) throw error;
    throw new Refusal(`${notifier.name}: ${error.message}${trouble ? ` (${trouble})` : ''}`);
  } finally {
    await notifier.stop?.();
  }
}
