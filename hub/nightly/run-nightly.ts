import { noteAction } from '../app/registry.ts';
import { withTroubles } from '../app/trouble-book.ts';
import { overwriteDeleted } from '../privacy/overwrite-deleted.ts';
import type { Store } from '../store/open-store.ts';
import { type NightlyJob, type NightScene, nightlyJobs } from './jobs.ts';
import { Interrupted, Pace } from './pace.ts';

export interface JobReport {
  readonly job: string;
  /** What it did; undefined when there was nothing to be done, or it failed. */
  readonly did?: object | undefined;
  readonly failed?: string;
  readonly tookMs: number;
  /** How long it held the write lock at most, at a time. */
  readonly lockMs: number;
}

export interface NightReport {
  /** Local date. */
  readonly day: string;
  readonly jobs: readonly JobReport[];
  /** Some jobs were not done, or not to their end. */
  readonly isInterrupted: boolean;
}

export interface NightOptions extends Omit<NightScene, 'store'> {
  readonly store: Pick<Store, 'db' | 'ingest' | 'note'>;
  readonly signal?: AbortSignal | undefined;
  readonly say?: (text: string) => void;
  readonly jobs?: readonly NightlyJob[];
}

/**
 * Does the nightly work, one job after the other. One that fails is trouble until it works again, and
 * keeps none of the others from being done.
 */
export async function runNightly(options: NightOptions): Promise<NightReport> {
  const { store, dayOf, atMs, signal, say = () => {}, jobs = nightlyJobs } = options;
  const day = dayOf(atMs);
  const reports: JobReport[] = [];
  await overwriteDeleted(store.db);
  for (const job of jobs) {
    say(job.name);
    const pace = new Pace(signal, (step) => say(`${job.name}, step ${step}`));
    const report = await runJob(job, options, pace);
    if (report === 'interrupted') return { day, jobs: reports, isInterrupted: true };
    reports.push(report);
    await noteReport(options, report);
  }
  await store.note('nightly-day', day);
  return { day, jobs: reports, isInterrupted: false };
}

async function runJob(
  { name, run }: NightlyJob,
  scene: NightScene,
  pace: Pace,
): Promise<JobReport | 'interrupted'> {
  const startedMs = performance.now();
  const told = (): Omit<JobReport, 'did' | 'failed'> => ({
    job: name,
    tookMs: Math.round(performance.now() - startedMs),
    lockMs: Math.round(pace.longestMs),
  });
  try {
    const did = await run(scene, pace);
    return { ...told(), ...(did === undefined ? {} : { did }) };
  } catch (error) {
    if (error instanceof Interrupted) return 'interrupted';
    return { ...told(), failed: error instanceof Error ? error.message : String(error) };
  }
}

async function noteReport(
  { store: { db }, by, atMs }: NightOptions,
  { job, did, failed }: JobReport,
): Promise<void> {
  await withTroubles(db, atMs, async (book, trx) => {
    const key = { kind: 'nightly', part: job } as const;
    if (failed === undefined) await book.end(key, atMs);
    else await book.begin({ ...key, detail: failed }, atMs);
    if (did === undefined && failed === undefined) return;
    await noteAction(trx, by, 'nightly', job, failed === undefined ? did : { failed }, atMs);
  });
}
