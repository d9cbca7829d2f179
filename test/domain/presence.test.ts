import { describe, expect, it } from 'vitest';
import {
  afterSaying,
  afterWaiting,
  isReplayed,
  type StationPresence,
} from '../../hub/domain/presence.ts';

const first = 'se-000000000001';
const second = 'se-000000000002';
const online = (session = first, sinceMs = 0): StationPresence => ({
  state: 'online',
  session,
  sinceMs,
});

describe('what a station says of itself', () => {
  it('is believed when it was never heard of', () => {
    expect(afterSaying(undefined, { session: first, online: true }, 5)).toEqual(online(first, 5));
    expect(afterSaying(undefined, { session: first, online: false }, 5).state).toBe('offline');
  });

  it('changes nothing when it is said again', () => {
    const before = online();
    expect(afterSaying(before, { session: first, online: true }, 5)).toBe(before);
  });

  it('takes it offline by the will of the connection that it is on', () => {
    const after = afterSaying(online(), { session: first, online: false }, 5);
    expect(after).toEqual({ state: 'offline', session: first, sinceMs: 5 });
  });

  it('is not undone by the late will of a connection that is over', () => {
    const before = afterSaying(online(), { session: second, online: true }, 5);
    expect(afterSaying(before, { session: first, online: false }, 6)).toBe(before);
  });

  it('goes on under a new connection as one and the same presence', () => {
    const after = afterSaying(online(first, 3), { session: second, online: true }, 5);
    expect(after).toEqual(online(second, 3));
  });
});

describe('what is said in the name of a connection', () => {
  const offline: StationPresence = { ...online(), state: 'offline' };
  const [open, closed] = [{ isClosed: false }, { isClosed: true }];
  it.each([
    ['a heartbeat', online(), undefined, first, true, false],
    ['a first word', undefined, undefined, first, true, false],
    ['a new connection', online(), undefined, second, true, false],
    ['good-bye and will', offline, undefined, first, false, false],
    ['a late will', online(), open, second, false, false],
    ['a heartbeat after the will', offline, undefined, first, true, true],
    ['a birth of old', online(), open, second, true, true],
    ['a birth of old while nobody is there', offline, closed, second, true, true],
    ['a late will for the second time', online(), closed, second, false, true],
  ])('(%s) is a replay or not', (_name, before, ended, session, isOnline, expected) => {
    expect(isReplayed(before, ended, { session, online: isOnline })).toBe(expected);
  });
});

describe('a station that says nothing more', () => {
  it('is silent, and online again once it is heard', () => {
    const silent = afterWaiting(online(), true, 100);
    expect(silent).toEqual({ ...online(), state: 'silent', sinceMs: 100 });
    expect(afterWaiting(silent, true, 110)).toBe(silent);
    expect(afterWaiting(silent, false, 120)).toEqual({ ...online(), sinceMs: 120 });
  });

  it('that said good-bye stays offline', () => {
    const gone: StationPresence = { state: 'offline', session: first, sinceMs: 1 };
    expect(afterWaiting(gone, true, 100)).toBe(gone);
    expect(afterWaiting(gone, false, 100)).toBe(gone);
  });

  it('ends its silence by a new connection, and not by a heartbeat that anybody could repeat', () => {
    const silent: StationPresence = { state: 'silent', session: first, sinceMs: 1 };
    expect(afterSaying(silent, { session: second, online: true }, 5)).toEqual(online(second, 5));
    expect(afterSaying(silent, { session: first, online: true }, 5)).toBe(silent);
    expect(afterSaying(silent, { session: first, online: false }, 5).state).toBe('offline');
  });
});
