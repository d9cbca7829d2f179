import { existsSync, readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Reading } from './wire/entry.ts';

/** A station's clocks, read at one moment. */
export interface Clock {
  read(): Reading;
}

/** systemd-timesyncd creates it once the clock is set (systemd-timesyncd.service(8), "Files"). */
const syncMarker = '/run/systemd/timesync/synchronized';
/** Changes at every boot (random(4), "/proc interfaces"). */
const bootIdFile = '/proc/sys/kernel/random/boot_id';

/**
 * The clocks of this machine, none of which is a subprocess to read. Both of the monotonic ones count
 * alike on a unit that never sleeps; in a suspend, os.uptime() would go on and performance.now() not.
 * @param isVouched whether a time service other than systemd-timesyncd has set the clock
 *
 * Where the kernel gives no boot id, the process counts as the boot.
 */
export function systemClock(isVouched: () => boolean = () => false): Clock {
  const boot = existsSync(bootIdFile)
    ? readFileSync(bootIdFile, 'utf8').trim()
    : `process-${process.pid}-${Math.round(performance.timeOrigin)}`;
  // performance.now() is monotonic but starts with the process; the offset makes it "since boot".
  const offsetMs = existsSync(bootIdFile) ? uptime() * 1000 - performance.now() : 0;
  return {
    read: () => ({
      wallMs: Date.now(),
      monoMs: Math.max(0, Math.round(offsetMs + performance.now())),
      boot,
      synced: existsSync(syncMarker) || isVouched(),
    }),
  };
}
