import { readFileSync } from 'node:fs';

/** What a process holds in memory now, in KiB. */
export interface ProcessMemory {
  /** All resident pages. */
  readonly rssKb: number;
  /** The same with each shared page divided among those who share it, strangers included (proc(5)). */
  readonly pssKb: number;
  /** Pages of its own: heap, stacks, and what it has changed of files. */
  readonly anonymousKb: number;
}

interface Mapping {
  readonly name: string;
  readonly fields: ReadonlyMap<string, number>;
}

/** Head of a mapping: addresses, rights, offset, device, inode, path (proc(5), "maps"). */
const headPattern = /^[0-9a-f]+-[0-9a-f]+ \S+ ([0-9a-f]+) \S+ \d+ *(.*)$/;
const fieldPattern = /^(\w+): +(\d+) kB$/;

function mappingsOf(pid: number): Mapping[] {
  const mappings: { name: string; fields: Map<string, number> }[] = [];
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const head = headPattern.exec(line);
    if (head) mappings.push({ name: `${head[2]} ${head[1]}`, fields: new Map() });
    const [, key, value] = fieldPattern.exec(line) ?? [];
    if (key !== undefined) mappings.at(-1)?.fields.set(key, Number(value));
  }
  return mappings;
}

const sum = (mappings: readonly Mapping[], field: string): number =>
  mappings.reduce((total, { fields }) => total + (fields.get(field) ?? 0), 0);

/** @throws when there is no such process, or it is not ours */
export function memoryOf(pid: number): ProcessMemory {
  const mappings = mappingsOf(pid);
  return {
    rssKb: sum(mappings, 'Rss'),
    pssKb: sum(mappings, 'Pss'),
    anonymousKb: sum(mappings, 'Anonymous'),
  };
}

/**
 * What processes need together on a machine where nobody else shares their pages, in KiB: the
 * anonymous pages of each, and the pages of each file once. PSS would divide those of Node itself
 * among all Node processes that happen to run here, and look better than a Pi would.
 */
export function memoryTogetherKb(pids: readonly number[]): number {
  const files = new Map<string, number>();
  let anonymousKb = 0;
  for (const { name, fields } of pids.flatMap(mappingsOf)) {
    const own = fields.get('Anonymous') ?? 0;
    anonymousKb += own;
    files.set(name, Math.max(files.get(name) ?? 0, (fields.get('Rss') ?? 0) - own));
  }
  return [...files.values()].reduce((total, kb) => total + kb, anonymousKb);
}

/** @returns the processes that this one has started and that still run */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}
