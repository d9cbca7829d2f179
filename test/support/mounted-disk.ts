import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** A small file system of its own, mounted for one test. Needs root. */
export class MountedDisk {
  readonly folder: string;
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
    this.folder = join(home, 'disk');
    mkdirSync(this.folder);
  }

  /** In memory: fast, and as full as it is told to be. */
  static tmpfs(mib: number): MountedDisk {
    const disk = new MountedDisk(mkdtempSync(join(tmpdir(), 'yizhan-disk-')));
    run('mount', '-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', disk.folder);
    return disk;
  }

  /** As on a memory card: the kernel makes it read-only when it finds it broken. */
  static ext4(mib: number): MountedDisk {
    const disk = new MountedDisk(mkdtempSync(join(tmpdir(), 'yizhan-disk-')));
    const image = join(disk.#home, 'image');
    writeFileSync(image, Buffer.alloc(mib * 1024 ** 2));
    run('mkfs.ext4', '-q', '-m', '0', image);
    run('mount', '-o', 'loop,errors=remount-ro', image, disk.folder);
    return disk;
  }

  /** Takes all the room but `leaveBytes`; the rest is really written. */
  fill(leaveBytes = 0): void {
    const { bavail, bsize } = statfsSync(this.folder);
    const file = openSync(join(this.folder, 'filler'), 'a');
    const chunk = Buffer.alloc(4096);
    try {
      for (let left = bavail * bsize - leaveBytes; left >= chunk.length; left -= chunk.length) {
        writeSync(file, chunk);
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(join(this.folder, 'filler'));
  }

  /** Makes the kernel find an error, with files open, as it does with a dying card. Only for ext4. */
  breakDown(): void {
    const device = run('findmnt', '-n', '-o', 'SOURCE', this.folder).trim().replace('/dev/', '');
    writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'test');
  }

  get isReadOnly(): boolean {
    const line = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .find((mount) => mount.split(' ')[1] === this.folder);
    const options = line?.split(' ')[3]?.split(',') ?? [];
    return options.includes('ro') || options.includes('emergency_ro');
  }

  unmount(): void {
    run('umount', this.folder);
    rmSync(this.#home, { recursive: true });
  }
}
