import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a private folder (mode 0700) and those above it, as far as they are missing. Node's own way,
 * `recursive: true`, turns for ever where a file system lets nothing be made and says ENOENT, as /proc does.
 * @throws the system's error when it cannot be made, or when there is a file of that name
 */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const parent = dirname(folder);
    if (code === 'ENOENT' && !existsSync(parent)) {
      makeFolder(parent);
      mkdirSync(folder, { mode: 0o700 });
    } else if (code !== 'EEXIST' || !isFolder(folder)) {
      throw error;
    }
  }
}

const isFolder = (path: string): boolean => existsSync(`${path}/.`);
