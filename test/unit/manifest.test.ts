import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';

const dependencies = z.record(z.string(), z.string()).default({});
const manifestSchema = z.looseObject({ overrides: z.record(z.string(), z.string()) });
const lockSchema = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({ dependencies, optionalDependencies: dependencies }),
  ),
});
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));

/**
 * Debian 13 and Raspberry Pi OS bring npm 9.2. For a package that is overridden it compares every
 * wish for it as a range, and calls a lockfile with a tag or an alias there unusable.
 */
it('overrides nothing in a way that the npm of Debian 13 cannot read', () => {
  const { overrides } = manifestSchema.parse(read('package.json'));
  const { packages } = lockSchema.parse(read('package-lock.json'));
  const range = /^[\^~<>= ]*\d+(\.\d+)*/;
  for (const [name, wanted] of Object.entries(overrides)) {
    if (!wanted.startsWith('$')) expect(wanted, name).toMatch(range);
    for (const [path, wishes] of Object.entries(packages)) {
      const wish = wishes.dependencies[name] ?? wishes.optionalDependencies[name];
      if (wish !== undefined) expect(wish, `${path} wants ${name}`).toMatch(range);
    }
  }
});
