import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { addCard } from '../hub/app/cards.ts';
import { addStation, addVolunteer } from '../hub/app/registry.ts';
import { listVolunteers } from '../hub/app/volunteers.ts';
import { openStore } from '../hub/store/open-store.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { readSettings, writeSettings } from '../shared/settings/settings-file.ts';

/** A card and a volunteer each. */
const cards = ['04A1B2C3', '04A1B2C4', '04A1B2C5'].map((uid, index) => ({
  uid,
  label: `Volunteer ${index + 1}`,
}));

export interface Demonstration {
  readonly stationFile: string;
  readonly cardsFile: string;
}

/**
 * One station and three volunteers with a card each, so that there is something to tap. What a
 * folder holds already is kept.
 * @param say told when it is made anew
 */
export async function prepareDemonstration(
  data: string,
  mqttPort: number,
  say: (text: string) => void,
): Promise<Demonstration> {
  const folder = join(data, 'station');
  const made = { stationFile: join(folder, 'station.json'), cardsFile: join(folder, 'cards.json') };
  const url = `mqtt://127.0.0.1:${mqttPort}`;
  if (existsSync(made.stationFile)) {
    pointTo(made.stationFile, url);
    return made;
  }
  say(`Making a demonstration scheme in ${data} …`);
  const store = openStore(data);
  // There are some already when an earlier attempt was cut off half-way.
  if ((await listVolunteers(store)).length === 0) {
    for (const { uid, label } of cards) {
      await addCard(store, await addVolunteer(store, label, 'start'), uid, 'start');
    }
  }
  const { password, ...identity } = await addStation(store, 'Station 1', 'start');
  await store.close();
  makeFolder(folder);
  writeFileSync(made.cardsFile, `${JSON.stringify(cards, null, 2)}\n`, { mode: 0o600 });
  const kinds = { reader: { kind: 'virtual' }, panel: { kind: 'virtual' } };
  // Written last: its presence says that the demonstration is complete.
  writeSettings(made.stationFile, {
    ...identity,
    hub: { url, password },
    dataDir: '.',
    ...kinds,
  });
  return made;
}

/** The hub may be on another port than last time. */
function pointTo(stationFile: string, url: string): void {
  const schema = z.looseObject({ hub: z.looseObject({ url: z.string() }) });
  const settings = readSettings(stationFile, schema);
  if (settings.hub.url === url) return;
  writeSettings(stationFile, { ...settings, hub: { ...settings.hub, url } });
}
