import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Program } from '../support/program.ts';
import { Scheme } from '../support/scheme.ts';
import { VirtualStation } from '../support/virtual-station.ts';

const newUid = '04B1B2C3';
const phoneUid = '08A1B2C3';

describe('a card that is given by tapping it', { timeout: 120_000 }, () => {
  let scheme: Scheme;
  let hub: Program;
  let station: VirtualStation;

  beforeEach(async () => {
    scheme = await Scheme.create('04A1B2C3', ['--virtual']);
    hub = await scheme.startHub();
    station = await VirtualStation.start(scheme.stationFile);
    await station.light('all-well');
  }, 120_000);
  afterEach(async () => {
    await station.stop();
    await hub.stop();
    scheme.remove();
  });

  const enrol = (): Promise<Program> => {
    const { id } = scheme.hubJson('station', 'list')[0] ?? {};
    const { id: volunteer } = scheme.hubJson('volunteer', 'list')[0] ?? {};
    const who = ['--volunteer', `${volunteer}`, '--station', `${id}`, '--by', 'Operator 1'];
    const args = ['card', 'enrol', ...who, '--progress', '--data', scheme.folder];
    return Program.start('hub/main.ts', args, /tap the card twice/);
  };

  it('is asked for by the light, twice; a phone is refused, and the operator told why', async () => {
    const waiting = await enrol();
    await station.light('enrol-waiting');
    await station.tap(phoneUid);
    await station.light('phone');
    await eventually('the operator is told', () => /that was a phone/.test(waiting.output));
    await station.light('enrol-waiting');
    await station.tap(newUid);
    await station.light('enrol-again');
    await station.tap(newUid);
    await station.light('no-points');
    await eventually('the command has ended', () => !waiting.isRunning);
    expect(waiting.output).toMatch(/card ca-\w+ added for vo-/);
    await station.tap(newUid);
    await station.light('credited');
    await station.tap('04FFFFFF');
    await station.light('unknown-card');
    expect(scheme.hubJson('card', 'unknown')).toMatchObject([{ taps: 1 }]);
  });

  it('is awaited no more when the operator gives up', async () => {
    const waiting = await enrol();
    await station.light('enrol-waiting');
    expect(await waiting.stop('SIGINT')).toBe(1);
    await station.light('all-well');
    expect(waiting.output).toMatch(/cancelled: no card was added/);
  });
});
