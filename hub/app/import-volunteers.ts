import { cardToken } from '../../shared/card-token.ts';
import { CsvFault, readCsv, type Separator } from '../csv/csv.ts';
import { decodeText, type ReadEncoding } from '../csv/encodings.ts';
import { issuedFrom } from '../ingest/forgotten-cards.ts';
import { judgeCard } from '../ingest/judge-card.ts';
import { type BadRow, ImportPlan, type Register, type RowPlan } from '../people/import-plan.ts';
import { loadVolunteers } from '../people/load-volunteers.ts';
import { actionOn, parts, saveVolunteers } from '../people/save-volunteers.ts';
import { loadTeams } from '../people/teams.ts';
import { type Column, findColumn, type RowDraft, readRow } from '../people/volunteer-columns.ts';
import { atOneMoment } from '../store/at-one-moment.ts';
import type { Store } from '../store/open-store.ts';
import type { Db, Trx } from '../store/schema.ts';
import { isCardUid } from './cards.ts';
import { beginPause, endPause } from './pauses.ts';
import { noteAction, noteActions, Refusal } from './registry.ts';
import { inWork } from './with-work.ts';

/**
 * A list is written in one transaction, and an alarm that comes meanwhile waits for its end: measured, a
 * second for so many.
 */
export const importRowsMax = 20_000;
/** A list of so many rows has some two million bytes; the rest is for long names. */
export const importBytesMax = 16 * 1024 * 1024;
/** Often enough to be seen to move. */
const rowsPerReport = 1_000;

export interface ImportOptions {
  readonly by: string;
  readonly atMs: number;
  /** Says what would be done, and changes nothing. */
  readonly dryRun?: boolean;
  /** Takes the good rows where others are bad; without it, none is taken. */
  readonly skipBad?: boolean;
  readonly encoding?: ReadEncoding | undefined;
  readonly onProgress?: (what: 'read' | 'written', rows: number, of: number) => void;
}

export interface ImportReport {
  readonly encoding: ReadEncoding;
  readonly separator: Separator;
  /** Headings of columns that are not taken: nothing of them is stored. */
  readonly notTaken: readonly string[];
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly cards: number;
  readonly bad: readonly BadRow[];
  /** Whether it was done. */
  readonly applied: boolean;
}

/**
 * Reads a list of volunteers as office software writes it. All of it is taken, or nothing: unless
 * `skipBad`, one bad row is enough for nothing. The same list read again changes nothing.
 * @returns what was done, or would be, with all that is wrong with each bad row
 * @throws Refusal when the file is no list of volunteers
 */
export async function importVolunteers(
  store: Store,
  bytes: Uint8Array,
  options: ImportOptions,
): Promise<ImportReport> {
  const { drafts, ...file } = readDrafts(bytes, options);
  const schemeKey = await store.schemeKey();
  const planOn = async (db: Db): Promise<ImportPlan> => {
    const plan = new ImportPlan(await registerOf(db, schemeKey));
    for (const draft of drafts) plan.add(draft);
    return plan;
  };
  const reportOn = (plan: ImportPlan): ImportReport => {
    const isRefused = plan.bad.length > 0 && options.skipBad !== true;
    return { ...file, ...countsOf(plan), applied: options.dryRun !== true && !isRefused };
  };
  const { mark, plan } = await atOneMoment(store.db, async (db) => ({
    ...{ mark: await lastAction(db), plan: await planOn(db) },
  }));
  const report = reportOn(plan);
  if (!report.applied) return report;
  return store.db.transaction().execute(async (trx) => {
    // Nothing of the register changes without an action: where there is none, the plan holds.
    const isSame = (await lastAction(trx)) === mark;
    const now = isSame ? plan : await planOn(trx);
    const done = isSame ? report : reportOn(now);
    if (done.applied) await write(store, trx, now.rows, done, options);
    return done;
  });
}

async function lastAction(db: Db): Promise<number> {
  const query = db.selectFrom('operator_action').select(({ fn }) => fn.max('id').as('id'));
  return Number((await query.executeTakeFirst())?.id ?? 0);
}

function readDrafts(bytes: Uint8Array, { encoding: wanted, onProgress }: ImportOptions) {
  if (bytes.length > importBytesMax) throw new Refusal(`${importBytesMax} bytes at most`);
  const decoded = decodeText(bytes, wanted);
  if (!decoded) throw new Refusal(`the file is not text in ${wanted ?? 'UTF-8 or GB18030'}`);
  const { encoding, text } = decoded;
  const { separator, header, rows } = tableOf(text);
  if (rows.length > importRowsMax) {
    throw new Refusal(`${rows.length} rows, ${importRowsMax} at most: divide the file`);
  }
  const columns = header.map((word) => findColumn(word));
  refuseHeader(header, columns, encoding);
  const notTaken = header.filter((word, index) => word !== '' && columns[index] === undefined);
  const drafts: RowDraft[] = [];
  for (const row of rows) {
    drafts.push(readRow(row, columns));
    if (drafts.length % rowsPerReport === 0) onProgress?.('read', drafts.length, rows.length);
  }
  return { encoding, separator, notTaken, rows: rows.length, drafts };
}

function tableOf(text: string) {
  try {
    return readCsv(text, (word) => findColumn(word) !== undefined);
  } catch (error) {
    if (error instanceof CsvFault) throw new Refusal(error.message);
    throw error;
  }
}

function refuseHeader(
  header: readonly string[],
  columns: readonly (Column | undefined)[],
  encoding: ReadEncoding,
): void {
  const known = columns.filter((column) => column !== undefined);
  const twice = known.find((column, index) => known.indexOf(column) !== index);
  if (twice !== undefined) throw new Refusal(`two columns are headed as ${twice}`);
  if (known.includes('name') || known.includes('id') || known.includes('external-id')) return;
  const read = header.slice(0, 8).join(', ').slice(0, 80);
  throw new Refusal(
    `no column is headed name, id or external-id (in zh, en or ko); read as ${encoding}: ${read}. ` +
      'If those are wrong letters, say the right --encoding',
  );
}

async function registerOf(db: Db, schemeKey: string): Promise<Register> {
  const cards = await db.selectFrom('card').select(['token', 'volunteer_id']).execute();
  return {
    volunteers: await loadVolunteers(db),
    teams: await loadTeams(db),
    owners: new Map(cards.map(({ token, volunteer_id }) => [token, volunteer_id])),
    tokenOf: (uid) => (isCardUid(uid) ? cardToken(schemeKey, uid) : undefined),
  };
}

function countsOf({ rows, bad }: ImportPlan) {
  const added = rows.filter(({ saved }) => saved.before === undefined).length;
  const isSame = ({ isChanged, state, cards }: RowPlan): boolean =>
    !isChanged && state === undefined && cards.length === 0;
  const unchanged = rows.filter(isSame).length;
  const cards = rows.reduce((sum, row) => sum + row.cards.length, 0);
  return { added, changed: rows.length - added - unchanged, unchanged, cards, bad };
}

async function write(
  store: Store,
  trx: Trx,
  rows: readonly RowPlan[],
  report: ImportReport,
  { by, atMs, onProgress }: ImportOptions,
): Promise<void> {
  const changed = rows.filter(({ isChanged }) => isChanged).map(({ saved }) => saved);
  let written = 0;
  for (const some of parts(changed)) {
    await saveVolunteers(trx, some, atMs);
    await noteActions(trx, by, some.map(actionOn), atMs);
    written += some.length;
    onProgress?.('written', written, changed.length);
  }
  await giveCards(store, trx, rows, { by, atMs });
  for (const { saved, state } of rows) {
    if (state === 'paused') await beginPause(store, trx, saved.id, { by, atMs });
    else if (state === 'active') await endPause(store, trx, saved.id, { by, atMs });
  }
  const { rows: read, added, changed: others, cards, bad } = report;
  const detail = { rows: read, added, changed: others, cards, bad: bad.length };
  await noteAction(trx, by, 'volunteer import', 'volunteers', detail, atMs);
}

/** Taps of a card that came before it was anybody's count from now on, but for an erased person's. */
async function giveCards(
  store: Store,
  trx: Trx,
  rows: readonly RowPlan[],
  { by, atMs }: { by: string; atMs: number },
): Promise<void> {
  const given = rows.flatMap(({ saved, cards }) =>
    cards.map((token) => ({ token, volunteer_id: saved.id, status: 'active' as const })),
  );
  for (const some of parts(given)) {
    const tokens = some.map(({ token }) => token);
    const fromMsOf = await issuedFrom(trx, tokens);
    const cards = some.map((card) => ({ ...card, since_ms: fromMsOf(card.token) }));
    await trx.insertInto('card').values(cards).execute();
    const events = cards.map(({ token: card, volunteer_id, status, since_ms: from_ms }) => {
      return { card, volunteer_id, status, from_ms, at: atMs, by };
    });
    await trx.insertInto('card_event').values(events).execute();
    const actions = some.map((card) => ({
      ...{ action: 'card add', subject: card.volunteer_id, detail: {} },
    }));
    await noteActions(trx, by, actions, atMs);
    const tapped = await trx
      .selectFrom('check_in')
      .select('card')
      .distinct()
      .where('volunteer_id', 'is', null)
      .where('card', 'in', tokens)
      .execute();
    for (const { card } of tapped) {
      const free = { card, fromMs: fromMsOf(card), wasFree: true };
      await inWork(store, trx, atMs, (work) => judgeCard(work, free));
    }
  }
}
