import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { SettingsError } from '../../shared/settings/settings-file.ts';
import { tlsFaults } from '../bus/tls-files.ts';
import { everybody } from '../domain/ladder.ts';
import { makeLadder } from '../ladder/ladder-settings.ts';
import { type HubSettings, readHubSettings } from '../settings.ts';
import { answer, type Common, command, fromHere } from './run.ts';

export function addCheck(program: Command): void {
  program.addCommand(
    command(
      'check',
      'Says what is wrong with hub.json, all at once, before a start needs it; and who is on the ladder.',
    ).action((common: Common) => {
      const folder = fromHere(common.data);
      const settings = readHubSettings(folder);
      refuseTlsFiles(folder, settings);
      const read = existsSync(join(folder, 'hub.json'))
        ? 'hub.json can be used. A hub that runs takes it up when it is started again.'
        : `there is no hub.json in ${folder}: everything is as it is by default`;
      answer(common, { ladder: settings.ladder }, [read, ...ladderLines(settings)].join('\n'));
    }),
  );
}

/** @throws SettingsError with all that a start would refuse, of both doors */
function refuseTlsFiles(folder: string, settings: HubSettings): void {
  const doors = ['mqtt', 'stationHttp'] as const;
  const faults = doors.flatMap((door) => {
    const tls = settings[door]?.tls;
    return tls === undefined ? [] : tlsFaults(folder, door, tls);
  });
  if (faults.length > 0) throw new SettingsError(join(folder, 'hub.json'), faults);
}

function ladderLines({ ladder, notifiers }: HubSettings): string[] {
  const onIt = everybody(makeLadder(ladder));
  const idle = notifiers.map(({ name }) => name).filter((name) => !onIt.includes(name));
  return [
    ...ladder.steps.map(({ afterS, notify }) => `after ${afterS} s: ${notify.join(', ')}`),
    `after ${ladder.exhaustedAfterS} s, and every ${ladder.repeatEveryS} s: everybody again`,
    ...(onIt.length === 0 ? ['Nobody is on the ladder: only the feed tells of an alarm.'] : []),
    ...idle.map((name) => `No step of the ladder tells ${name}.`),
  ];
}
