import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { refusedMessages, setSunMaster } from '../app/sun.ts';
import { table } from './columns.ts';
import { answer, type Common, command, fromHere, withStore } from './run.ts';

/** Cards that prove at each tap that they are themselves (NTAG 424 DNA, secure unique NFC). */
export function addSunCommands(program: Command): void {
  const sun = program.command('sun').description('Cards that prove themselves: key, refused.');
  sun.addCommand(
    command('key', 'Gives the hub the key that all keys of such cards are made from.')
      .requiredOption('--by <name>', 'who gives it')
      .option('--import <file>', 'a file with 16 bytes in hex; a new key is made without it')
      .action(async (flags: Common & { by: string; import?: string }) => {
        // From a file: what stands on a command line is seen by everybody on the machine.
        const hex = flags.import && readFileSync(fromHere(flags.import), 'utf8').trim();
        await withStore(flags, (store) => setSunMaster(store, { by: flags.by, hex }));
        answer(flags, { made: hex === undefined }, 'the hub verifies what such cards write');
      }),
  );
  sun.addCommand(
    command('refused', 'Lists the taps whose message proved nothing.').action(
      async (flags: Common) => {
        const refused = await withStore(flags, (store) => refusedMessages(store));
        const lines = table(
          ['time', 'card', 'volunteer', 'station', 'why', 'reading'],
          refused.map(({ card, at, stationName, reason, volunteer, counter }) => [
            ...[at, card, volunteer ?? 'nobody’s', stationName, reason ?? ''],
            counter === null ? '' : `${counter}`,
          ]),
        );
        answer(flags, refused, lines.length === 0 ? 'nothing was refused' : lines.join('\n'));
      },
    ),
  );
}
