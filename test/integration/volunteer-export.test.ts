import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportVolunteers } from '../../hub/app/export-volunteers.ts';
import { importVolunteers } from '../../hub/app/import-volunteers.ts';
import { addVolunteer } from '../../hub/app/registry.ts';
import { addTeam } from '../../hub/app/teams.ts';
import { changeVolunteer, listVolunteers } from '../../hub/app/volunteers.ts';
import { writtenEncodings } from '../../hub/csv/encodings.ts';
import { cleanText } from '../../hub/people/clean-text.ts';
import { languages } from '../../hub/people/words.ts';
import { IngestHub } from '../support/ingest-hub.ts';
import { tableCells } from '../support/table-cells.ts';

let hub: IngestHub;
beforeEach(async () => {
  hub = await IngestHub.start();
});
afterEach(() => hub.stop());

const read = (bytes: Uint8Array) =>
  importVolunteers(hub.store, bytes, { by: 'Operator 1', atMs: Date.now() });

describe('an exported list', () => {
  it('holds no card, and nothing that a spreadsheet would run', async () => {
    await addVolunteer(hub.store, '=HYPERLINK("x")', 'Operator 1');
    const options = { language: 'en', encoding: 'utf-8', by: 'Operator 1' } as const;
    const text = Buffer.from((await exportVolunteers(hub.store, options)).bytes).toString();
    expect(text).toContain(`"'=HYPERLINK(""x"")"`);
    expect(text).not.toContain(hub.card);
    expect(text).toMatch(/^"ID","External ID","Name",/);
    const { action, by: who } = await hub.store.db
      .selectFrom('operator_action')
      .selectAll()
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    expect({ action, who }).toEqual({ action: 'volunteer export', who: 'Operator 1' });
  });

  it('comes back as it was, in every language and encoding', async () => {
    const names = { zh: '"阿妈妮"巡逻队', en: 'Amani Patrol', ko: '어머니 순찰대' };
    const teams = [await addTeam(hub.store, names, 'Operator 1')];
    const id = hub.volunteer;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          name: tableCells.map((cell) => `名${cell}`.slice(0, 90)),
          displayName: fc.option(tableCells.map((cell) => [...cell].slice(0, 40).join(''))),
          externalId: fc.option(tableCells),
          language: fc.constantFrom(...languages),
          roles: fc.subarray(['grid-leader', 'building-head', 'other'] as const),
          teams: fc.subarray(teams),
        }),
        fc.record({
          language: fc.constantFrom(...languages),
          encoding: fc.constantFrom(...writtenEncodings),
        }),
        async (fields, written) => {
          await changeVolunteer(hub.store, id, fields, 'Operator 1');
          const before = await listVolunteers(hub.store);
          const { name, language, roles, teams: members } = fields;
          expect(before).toMatchObject([
            { name: cleanText(name), language, roles, teams: members },
          ]);
          const { bytes } = await exportVolunteers(hub.store, { ...written, by: 'Operator 1' });
          expect(await read(bytes)).toMatchObject({ bad: [], unchanged: 1, notTaken: [] });
          const other = {
            name: 'Other',
            displayName: null,
            externalId: null,
            roles: [],
            teams: [],
          };
          await changeVolunteer(hub.store, id, other, 'Operator 1');
          await read(bytes);
          expect(await listVolunteers(hub.store)).toEqual(before);
        },
      ),
      { numRuns: 60 },
    );
  });
});
