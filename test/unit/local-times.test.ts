import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inLocalTime, localClock, withLocalTimes } from '../../hub/cli/local-times.ts';

describe('what a person reads', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yizhan-times-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const settings = (text: string) => writeFileSync(join(folder, 'hub.json'), text);
  const warnings: string[] = [];
  const warn = (lines: string) => {
    warnings.push(lines);
  };
  const shown = (text: string) =>
    inLocalTime(text, folder, (local, zone) => `${local} | ${zone}`, warn);
  const twoTimes = 'since 2026-03-02T15:59:59.123Z, tested 2026-03-02T16:00:00Z';

  it('has its times as clocks say them where the scheme is, and the zone once', () => {
    expect(shown(twoTimes)).toBe(
      'since 2026-03-02 23:59:59, tested 2026-03-03 00:00:00 | Asia/Shanghai',
    );
    settings('{ "timeZone": "America/New_York" }');
    expect(shown(twoTimes)).toBe(
      'since 2026-03-02 10:59:59, tested 2026-03-02 11:00:00 | America/New_York',
    );
  });

  it('names no zone where there is no time, and leaves days and numbers alone', () => {
    for (const text of ['no open alarms', 'alarm 2026', '2026-03-02 is not over yet', '']) {
      expect(shown(text)).toBe(text);
    }
    expect(withLocalTimes('2026-13-02T', localClock('Asia/Shanghai'))).toBe('2026-13-02T');
    // It looks like a moment, and is none: what somebody typed is never a reason to fail.
    for (const text of ['2026-13-42T10:00:00Z', '2026-03-02T99:00:00.000Z']) {
      expect(withLocalTimes(text, localClock('Asia/Shanghai'))).toBe(text);
    }
  });

  it('says UTC when hub.json cannot be read: an alarm is shown all the same', () => {
    settings('{ "timeZone": "Middle/Earth" }');
    expect(shown(twoTimes)).toBe(twoTimes);
    expect(warnings).toEqual([expect.stringMatching(/timeZone.*\nTimes are shown in UTC\.\n$/s)]);
  });
});
