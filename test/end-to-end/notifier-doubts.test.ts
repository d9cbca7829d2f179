import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addStation, revokeStation } from '../../hub/app/registry.ts';
import { withTroubles } from '../../hub/app/trouble-book.ts';
import { listTroubles } from '../../hub/app/troubles.ts';
import { openStore } from '../../hub/store/open-store.ts';
import { Dc09Receiver } from '../support/dc09-receiver.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { Program } from '../support/program.ts';

let folder: string;
let receiver: Dc09Receiver;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yizhan-doubts-'));
  receiver = await Dc09Receiver.start();
});
afterEach(async () => {
  await receiver.stop();
  rmSync(folder, { recursive: true });
});

it('a hub that starts says which notifiers do not fit, and ends the troubles that are over', async () => {
  const store = openStore(folder);
  const [first, second, revoked] = ['Station 1', 'Station 2', 'Station 3'].map((name) =>
    addStation(store, name, 'test'),
  );
  const zones = { [(await first)?.station ?? '']: 1, [(await revoked)?.station ?? '']: 3 };
  await revokeStation(store, (await revoked)?.station ?? '', 'test');
  for (const part of ['monitoring', 'gone', 'spare']) {
    await withTroubles(store.db, 1, (book) =>
      book.begin({ kind: 'notifier', part, detail: 'no answer' }, 1),
    );
  }
  const { port } = receiver;
  const line = { kind: 'dc09', host: '127.0.0.1', port, account: '1234' };
  const spare = { kind: 'webhook', url: 'https://ops.example/', secret: 'x'.repeat(16) };
  const notifiers = [
    { ...line, name: 'monitoring', zones },
    { ...spare, name: 'spare' },
  ];
  const ladder = { steps: [{ afterS: 0, notify: ['monitoring'] }] };
  writeFileSync(join(folder, 'hub.json'), JSON.stringify({ notifiers, ladder }));
  const ports = ['--mqtt-port', `${await freePort()}`, '--http-port', '0'];
  const hub = await Program.start(
    'hub/main.ts',
    ['start', '--data', folder, ...ports],
    /hub ready/,
  );
  const parts = async () => (await listTroubles(store)).map(({ part }) => part);
  try {
    // The line is tried at once and is well, whatever an earlier run of the hub has said of it.
    await eventually('the end of both', async () => (await parts()).length === 1);
    expect(await parts()).toEqual(['spare']);
    for (const doubt of [
      'no step of the ladder tells spare',
      `zones of monitoring name stations that are not in service: ${(await revoked)?.station}`,
      `zones of monitoring lack ${(await second)?.station}: told as zone 0, and not restored there`,
    ]) {
      expect(hub.output).toContain(`hub.json: ${doubt}`);
    }
  } finally {
    await hub.stop();
    await store.close();
  }
}, 60_000);
