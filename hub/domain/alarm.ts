/** Why an alarm was raised, as the operator who resolved it judged. */
export const alarmCauses = ['real', 'false', 'mistake', 'test'] as const;
export type AlarmCause = (typeof alarmCauses)[number];

export interface Mark {
  readonly by: string;
  readonly atMs: number;
}

/** An alarm's life. Nothing but a person moves it on, and nothing moves it back. */
export interface AlarmLife {
  readonly acknowledged?: Mark;
  readonly resolved?: Mark & { readonly cause: AlarmCause; readonly note: string };
}

export type AlarmPhase = 'raised' | 'acknowledged' | 'resolved';
export type Transition = { ok: true; life: AlarmLife } | { ok: false; problem: string };

export const phaseOf = (life: AlarmLife): AlarmPhase =>
  life.resolved ? 'resolved' : life.acknowledged ? 'acknowledged' : 'raised';

/** The first operator wins; a second one is told who was first, and when. */
export function acknowledge(life: AlarmLife, mark: Mark): Transition {
  if (life.resolved) return { ok: false, problem: already('resolved', life.resolved) };
  if (life.acknowledged) return { ok: false, problem: already('acknowledged', life.acknowledged) };
  return { ok: true, life: { acknowledged: mark } };
}

/** One that nobody has acknowledged can be resolved; that nobody had stays to be seen. */
export function resolve(
  life: AlarmLife,
  mark: Mark,
  judgement: { cause: AlarmCause; note: string },
): Transition {
  if (life.resolved) return { ok: false, problem: already('resolved', life.resolved) };
  return { ok: true, life: { ...life, resolved: { ...mark, ...judgement } } };
}

const already = (step: 'acknowledged' | 'resolved', { by, atMs }: Mark): string =>
  `already ${step} by ${by} at ${new Date(atMs).toISOString()}`;
