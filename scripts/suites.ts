import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { networkInterfaces, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A group of test files that needs a real part, and how to tell that the part is there. */
export interface Suite {
  readonly name: string;
  /** Its files, as a glob relative to the repository. */
  readonly files: string;
  /** @returns why the suite cannot run here, or undefined when it can. */
  readonly missing: () => string | undefined;
}

/** Debian keeps daemons in /usr/sbin, which is not on everybody's path. */
const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

const vpcdDriver = '/usr/lib/pcsc/drivers/serial/libifdvpcd.so';

/** Tests of an unplugged reader compile a driver that stands in for this one. */
const usbDriver = '/usr/lib/pcsc/drivers/ifd-ccid.bundle';
const driverHeader = '/usr/include/PCSC/ifdhandler.h';

const exists = (path: string, mode = constants.R_OK): boolean => {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false; // absent or not accessible: for a test that is the same
  }
};

const hasProgram = (name: string): boolean =>
  folders.some((folder) => exists(join(folder, name), constants.X_OK));

const hasPackage = (name: string): boolean => {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false; // an optional dependency that could not be built is simply not there
  }
};

const programs =
  (...names: string[]) =>
  (): string | undefined => {
    const absent = names.filter((name) => !hasProgram(name));
    return absent.length === 0 ? undefined : `not installed: ${absent.join(', ')}`;
  };

const readerMissing = (): string | undefined => {
  if (!exists(vpcdDriver)) return 'not installed: the virtual card driver (vsmartcard-vpcd)';
  if (!exists(usbDriver)) return 'not installed: the driver for USB readers (libccid)';
  if (!exists(driverHeader)) return 'not installed: headers for drivers (libpcsclite-dev)';
  const absent = programs('pcscd', 'gcc')();
  return hasPackage('nfc-pcsc') ? absent : 'nfc-pcsc was not built (libpcsclite-dev)';
};

const browserMissing = (): string | undefined =>
  hasPackage('playwright-core') ? programs('chromium')() : 'not installed: playwright-core';

const multicastMissing = (): string | undefined => {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  return addresses.some(({ family, internal }) => family === 'IPv4' && !internal)
    ? programs('openssl')()
    : 'no network for multicast DNS';
};

/** Disks that really fill up and fail are mounted: root may, but not in every container. */
const mountsMissing = (): string | undefined => {
  const absent = programs('mount', 'umount', 'mkfs.ext4')();
  if (absent !== undefined) return absent;
  const folder = mkdtempSync(join(tmpdir(), 'yizhan-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
  if (status === 0) spawnSync('umount', [folder]);
  rmdirSync(folder);
  if (status !== 0) return 'no file system can be mounted here (needs root)';
  return exists('/dev/loop-control') ? undefined : 'no loop devices (/dev/loop-control)';
};

export const suites: readonly Suite[] = [
  { name: 'card reader', files: 'test/hardware/pcsc*', missing: readerMissing },
  { name: 'panel', files: 'test/hardware/firmata*', missing: programs('socat') },
  {
    name: 'Mosquitto',
    files: 'test/**/{mqtt-bus,external-broker,bad-input,hub-and-station}*',
    missing: programs('mosquitto', 'mosquitto_sub', 'stdbuf'),
  },
  { name: 'torture', files: 'test/end-to-end/torture*', missing: programs('mosquitto') },
  { name: 'browser', files: 'test/browser/*', missing: browserMissing },
  { name: 'TLS', files: 'test/**/*-tls*', missing: programs('openssl') },
  { name: 'multicast DNS', files: 'test/**/*mdns*', missing: multicastMissing },
  { name: 'full and failing disk', files: 'test/integration/*-disk*', missing: mountsMissing },
  {
    name: 'end to end',
    files: 'test/hardware/end-to-end*',
    missing: () => readerMissing() ?? programs('socat', 'mosquitto_sub', 'stdbuf')(),
  },
];
