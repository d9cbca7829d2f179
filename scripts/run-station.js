/**
 * Runs the station in as little memory as it needs. A TypeScript loader stays in the process for as
 * long as it runs and takes some 30 MB, so the program is compiled first, into node_modules/.cache,
 * whenever its sources have changed. It is plain JavaScript for the same reason.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'device', 'main.ts');
const cache = join(root, 'node_modules', '.cache', 'yizhan');
/** What an earlier version left; what another station is compiling at this moment has a longer name. */
const finished = /^station-[0-9a-f]+\.mjs$/;
/** What the program is made of; the lock file stands for the compiler. */
const sources = ['device', 'shared', 'package-lock.json', 'scripts/run-station.js'];

/** @returns a name that changes when a source does, in content, time or number */
function fingerprint() {
  const hash = createHash('sha256').update(process.version);
  for (const source of sources) {
    const path = join(root, source);
    const isFolder = statSync(path).isDirectory();
    const names = isFolder ? readdirSync(path, { recursive: true }).sort() : [''];
    for (const name of names) {
      const { mtimeMs, size } = statSync(join(path, name));
      hash.update(`${source}/${name} ${mtimeMs} ${size}\n`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** A module goes on finding what lies beside its source, such as the page or the reader process. */
const keepUrls = {
  name: 'keep-urls',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const url = JSON.stringify(pathToFileURL(path).href);
      const text = await readFile(path, 'utf8');
      return { contents: text.replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};

/** @param {string} program which exists afterwards, complete */
async function compile(program) {
  const { build, stop } = await import('esbuild');
  const unfinished = `${program}.${process.pid}`;
  await build({
    entryPoints: [main],
    outfile: unfinished,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    plugins: [keepUrls],
  });
  await stop();
  renameSync(unfinished, program);
}

/** @returns the program to import */
async function compiled() {
  const program = join(cache, `station-${fingerprint()}.mjs`);
  if (statSync(program, { throwIfNoEntry: false })) return program;
  mkdirSync(cache, { recursive: true });
  await compile(program);
  for (const name of readdirSync(cache).filter((file) => finished.test(file))) {
    if (join(cache, name) !== program) rmSync(join(cache, name), { force: true });
  }
  return program;
}

/** Where it cannot be compiled ahead, such as on a read-only disk, the loader does it, at its price. */
async function withLoader(error) {
  process.stderr.write(`not compiled ahead (${error.message}): this takes more memory\n`);
  const { register } = await import('tsx/esm/api');
  register();
  return main;
}

const program = await compiled().catch(withLoader);
await import(pathToFileURL(program).href);
