import { describe, expect, it } from 'vitest';
import { statusLines } from '../../hub/cli/status.ts';

type Status = Parameters<typeof statusLines>[0];

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const station = (number: number, troubles: Status['stations'][number]['troubles'] = []) => ({
  ...{ id: `st-${number}`, name: `Station ${number}`, state: 'online', since: null, heard: null },
  ...{ silentAfterMs: null, lastTest: null, troubles, health: null },
});

const quiet: Status = {
  ...{ openAlarms: 0, openTroubles: 0, hubTroubles: [], volunteers: 1, entries: 1, transfers: 2 },
  ...{ waitingToBePublished: 0, stations: [], setAside: [], tappedCards: [], refusals: [] },
  ...{ refusedMessages: 0, toReview: 0 },
};

describe('the status at a glance', () => {
  it('is what was counted, where there is nothing to look at', () => {
    expect(statusLines(quiet)).toEqual([
      '0 open alarms',
      '0 open troubles',
      '0 stations',
      '0 check-ins to review',
      '1 entry, 2 transfers, 1 volunteer, 0 commits to be published',
    ]);
  });

  it('fits on a screen with 60 stations, and has those first that are amiss', () => {
    const stations = [...upTo(59).map((number) => station(number)), station(60, ['second-path'])];
    const lines = statusLines({ ...quiet, openAlarms: 1, openTroubles: 1, stations });
    expect(lines.slice(0, 3)).toEqual([
      '1 open alarm: see "alarm list"',
      '1 open trouble: see "trouble list"',
      '60 stations: 60 online; 1 with trouble',
    ]);
    expect(lines).toHaveLength(18);
    expect(lines[6]).toMatch(/^id +name +state /);
    expect(lines[7]).toMatch(/^st-60 .* second-path$/);
    expect(lines.at(-1)).toBe('… and 50 more: see "station list"');
  });

  it('has ten lines of each kind, the most frequent refusals first, and says where the rest is', () => {
    const at = { last_at: 0, station: 'st-1' };
    const refusals = upTo(12).map((count) => ({ ...at, reason: 'foreign-topic', count }));
    const hubTroubles = upTo(11).map((id) => ({
      ...{ id, kind: 'notifier', part: `ops-${id}`, station: null, stationName: null },
      ...{ detail: 'no answer', begunAt: '', endedAt: null, endedBy: null, note: null },
    })) satisfies Status['hubTroubles'];
    const lines = statusLines({ ...quiet, hubTroubles, refusals });
    expect(lines.filter((line) => line.startsWith('trouble of the hub:'))).toHaveLength(10);
    expect(lines).toContain('… and 1 more: see "trouble list"');
    expect(lines.find((line) => line.startsWith('refused'))).toBe(
      'refused, foreign-topic: 12 st-1',
    );
    expect(lines.at(-1)).toBe('… and 2 more: see "status --json"');
  });
});
