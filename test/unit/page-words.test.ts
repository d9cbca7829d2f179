import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { lightTable } from '../../device/domain/light-table.ts';
import { lights, tones } from '../../device/domain/signals.ts';
import { outcomeSchema } from '../../shared/wire/messages.ts';

const named = z.record(z.string(), z.string().min(1));
const wordsSchema = z.looseObject({
  rows: named,
  more: named,
  outcomes: named,
  patterns: named,
  tones: named,
});

/** The page's files are plain JavaScript for the browser; their words are data like any other. */
async function wordsOf(language: string): Promise<z.infer<typeof wordsSchema>> {
  const file = new URL(`../../device/virtual-unit/page/words/${language}.js`, import.meta.url)
    .pathname;
  const module: unknown = await import(file);
  return wordsSchema.parse(z.looseObject({}).parse(module)[language]);
}

/** The way to every text, such as `.facts.parts`, and the places in it that are filled in. */
const shape = (words: unknown, path = ''): string[] => {
  if (typeof words === 'string') {
    return [`${path} ${[...words.matchAll(/\{\w+\}/g)].map(String).sort().join('')}`];
  }
  return Object.entries(z.looseObject({}).or(z.array(z.string())).parse(words)).flatMap(
    ([name, inner]) => shape(inner, `${path}.${name}`),
  );
};

describe.each(['zh', 'en', 'ko'])("the page's words in %s", (language) => {
  it('name every row of the light table, every light and every tone', async () => {
    const { rows, patterns, tones: sounds } = await wordsOf(language);
    const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
    expect(Object.keys(rows)).toEqual(expect.arrayContaining(names(lightTable)));
    expect(Object.keys(patterns)).toEqual(expect.arrayContaining(names(Object.values(lights))));
    expect(Object.keys(sounds)).toEqual(expect.arrayContaining(names(Object.values(tones))));
  });

  it('say of a tap that is saved here only what is true with and without a connection', async () => {
    const { rows, more, outcomes } = await wordsOf(language);
    const said = [rows, more, outcomes].map((words) => words['saved-here']).join(' ');
    expect(said).not.toMatch(/offline|connect|离线|联网|断网|오프라인|연결/i);
  });

  it('name every outcome that the hub may send, as a row or of its own', async () => {
    const { rows, outcomes } = await wordsOf(language);
    const known = [...Object.keys(rows), ...Object.keys(outcomes)];
    expect(known).toEqual(expect.arrayContaining(outcomeSchema.options));
  });

  it('say the same things as in English, with the same values to fill in', async () => {
    expect(shape(await wordsOf(language)).sort()).toEqual(shape(await wordsOf('en')).sort());
  });
});
