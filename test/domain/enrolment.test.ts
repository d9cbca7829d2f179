import { describe, expect, it } from 'vitest';
import { wakeAtMs } from '../../device/domain/decide.ts';
import { enrolmentOf } from '../../device/domain/enrolment.ts';
import { Scene, token } from '../support/station-scene.ts';

const request = 'en-000000000001';
const forMs = 60_000;
const other = 'b'.repeat(32);
/** How long an outcome is shown. */
const shownMs = 1_500;

const waiting = (): Scene => new Scene().ready().online().give({ type: 'enrol', request, forMs });
const drafts = (scene: Scene) => scene.take('append').map(({ draft }) => draft);
const said = (scene: Scene) => enrolmentOf(scene.state).enrolment?.state;

describe('a card that an operator waits for', () => {
  it('is asked for, asked for again once the hub knows nobody who has it, and taken', () => {
    const scene = waiting();
    expect([scene.light, said(scene)]).toEqual(['enrol-waiting', 'waiting']);
    scene.give({ type: 'card', token });
    expect(scene.light).toBe('on-disk');
    scene.receipt('routine', 1, { outcome: 'unknown-card' });
    expect([scene.light, said(scene)]).toEqual(['enrol-again', 'again']);
    scene.give({ type: 'card', token }).receipt('routine', 2, { outcome: 'recorded' });
    expect([scene.light, said(scene)]).toEqual(['no-points', undefined]);
    expect(drafts(scene)).toEqual([
      { type: 'check-in', card: token, enrol: request },
      { type: 'check-in', card: token, enrol: request },
    ]);
    expect(scene.pass(shownMs).give({ type: 'card', token: other }).light).toBe('on-disk');
    expect(drafts(scene)).toEqual([{ type: 'check-in', card: other }]);
  });

  it('is still waited for when somebody checks in meanwhile', () => {
    const scene = waiting().give({ type: 'card', token });
    scene.receipt('routine', 1, { outcome: 'credited' });
    expect(scene.light).toBe('credited');
    expect(scene.pass(shownMs).light).toBe('enrol-waiting');
  });

  it('sounds anew for each card that has to come again', () => {
    const scene = waiting().give({ type: 'card', token });
    scene.receipt('routine', 1, { outcome: 'unknown-card' });
    scene.take('sound');
    scene.give({ type: 'card', token: other }).receipt('routine', 2, { outcome: 'unknown-card' });
    expect(scene.take('sound').map(({ tone }) => tone)).toEqual(['tick', 'twoShort']);
  });

  it('is waited for no longer than said, and tells the hub of each change at once', () => {
    const scene = new Scene().ready().online();
    scene.take('announce');
    scene.give({ type: 'enrol', request, forMs });
    expect(scene.take('announce')).toHaveLength(1);
    scene.pass(30_000).take('announce');
    expect(wakeAtMs(scene.state)).toBeLessThanOrEqual(scene.nowMs + 30_000);
    expect(scene.pass(29_999).light).toBe('enrol-waiting');
    scene.take('announce');
    expect(scene.pass(1).light).toBe('all-well');
    expect(scene.take('announce')).toHaveLength(1);
  });

  it('is waited for no more once the operator says so; told again, as QoS 1 may, it is not begun again', () => {
    const scene = waiting().give({ type: 'enrol-over', request: 'en-000000000002' });
    expect(scene.light).toBe('enrol-waiting');
    expect(scene.give({ type: 'enrol-over', request }).light).toBe('all-well');
    expect(scene.give({ type: 'enrol', request, forMs }).light).toBe('all-well');
    const late = 'en-000000000002';
    expect(scene.give({ type: 'enrol', request: late, forMs }).light).toBe('all-well');
  });
});

describe('a phone', () => {
  it('is refused politely, and is no entry', () => {
    const scene = new Scene().ready().online();
    scene.take('append');
    expect(scene.give({ type: 'card-phone' }).light).toBe('phone');
    expect(scene.take('append')).toEqual([]);
    expect(scene.pass(shownMs).light).toBe('all-well');
  });

  it('is told to the operator who waits for a card, who goes on waiting', () => {
    const scene = waiting().give({ type: 'card-phone' });
    expect([scene.light, said(scene)]).toEqual(['phone', 'phone']);
    expect(scene.pass(shownMs).light).toBe('enrol-waiting');
    scene.give({ type: 'card', token }).receipt('routine', 1, { outcome: 'unknown-card' });
    expect(said(scene)).toBe('again');
  });
});
