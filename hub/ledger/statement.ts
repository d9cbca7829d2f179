import type { Selectable } from 'kysely';
import { Refusal } from '../app/registry.ts';
import { volunteerAccount } from '../domain/ledger.ts';
import { type Language, languages } from '../notify/texts.ts';
import type { Store } from '../store/open-store.ts';
import type { Db, Schema } from '../store/schema.ts';
import { explainTransfer } from './explanations.ts';
import { readReason } from './transfer-reason.ts';

/** One transfer as the volunteer's account sees it. */
export interface StatementLine {
  readonly id: number;
  readonly reference: string;
  readonly code: string;
  readonly atMs: number;
  /** The check-in that it is for, by the number that `review void` takes; null for all else. */
  readonly checkIn: number | null;
  /** Points to the volunteer; negative from them, 0 when it is between accounts of the scheme. */
  readonly change: number;
  /** One sentence in each language. */
  readonly why: Readonly<Record<Language, string>>;
}

type TransferRow = Selectable<Schema['transfer']>;

/** How each language writes a moment, days first or last. */
const locales: Readonly<Record<Language, string>> = { zh: 'zh-CN', en: 'en-GB', ko: 'ko-KR' };

/**
 * Says why a transfer is there.
 * @param transfer its number, or its reference
 * @throws Refusal when there is none
 */
export async function explain(
  { db }: Pick<Store, 'db'>,
  transfer: string,
  { timeZone }: { timeZone: string },
): Promise<StatementLine & { volunteer: { id: string; name: string } }> {
  const isNumber = /^\d{1,15}$/.test(transfer);
  const row = await db
    .selectFrom('transfer')
    .selectAll()
    .where(isNumber ? 'id' : 'reference', '=', isNumber ? Number(transfer) : transfer)
    .executeTakeFirst();
  if (!row) throw new Refusal(`there is no transfer ${transfer}`);
  const reason = readReason(row.reason);
  const named = 'volunteer' in reason ? [volunteerAccount(reason.volunteer)] : [];
  const volunteer = await db
    .selectFrom('account')
    .innerJoin('volunteer', 'volunteer.id', 'account.volunteer_id')
    .select(['volunteer.id', 'volunteer.name'])
    .where('account.id', 'in', [row.debit, row.credit, ...named])
    .executeTakeFirst();
  if (!volunteer) throw new Refusal(`transfer ${transfer} is about no volunteer`);
  const [line] = await linesOf(db, volunteerAccount(volunteer.id), [row], timeZone);
  if (!line) throw new Error('a transfer that was just read has no line');
  return { ...line, volunteer };
}

/**
 * A volunteer's transfers, oldest first, with why each is there.
 * @param from first and `to` last local day on which they were booked
 * @throws Refusal when the volunteer is unknown
 */
export async function statementOf(
  { db }: Pick<Store, 'db'>,
  volunteer: string,
  { fromMs, untilMs, timeZone }: { fromMs: number; untilMs: number; timeZone: string },
): Promise<{ lines: StatementLine[]; balance: number }> {
  const account = volunteerAccount(volunteer);
  const known = await db
    .selectFrom('account')
    .select('balance')
    .where('id', '=', account)
    .executeTakeFirst();
  if (!known) throw new Refusal(`no volunteer ${volunteer}`);
  const rows = await db
    .selectFrom('transfer')
    .selectAll()
    .where((eb) => eb.or([eb('debit', '=', account), eb('credit', '=', account)]))
    .where('at', '>=', fromMs)
    .where('at', '<', untilMs)
    // What stands for many was written later than they were.
    .orderBy('at')
    .orderBy('id')
    .execute();
  return { lines: await linesOf(db, account, rows, timeZone), balance: known.balance };
}

async function linesOf(
  db: Db,
  account: string,
  rows: readonly TransferRow[],
  timeZone: string,
): Promise<StatementLine[]> {
  const stations = await stationNames(db, rows);
  return rows.map((row): StatementLine => {
    const change = row.credit === account ? row.amount : row.debit === account ? -row.amount : 0;
    const facts = {
      ...{ reason: readReason(row.reason), change },
      isCorrection: row.code === 'correction',
      station: row.check_in_id === null ? '' : (stations.get(row.check_in_id) ?? ''),
    };
    const why = Object.fromEntries(
      languages.map((language) => {
        const time = clock(locales[language], timeZone);
        return [language, explainTransfer(language, { ...facts, time })];
      }),
    ) as Record<Language, string>;
    const { id, reference, code, at: atMs } = row;
    return { id, reference, code, atMs, checkIn: row.check_in_id, change, why };
  });
}

/** Names of the stations, by the check-ins that the transfers are for. */
async function stationNames(db: Db, rows: readonly TransferRow[]): Promise<Map<number, string>> {
  const ids = [...new Set(rows.flatMap(({ check_in_id }) => check_in_id ?? []))];
  const names = new Map<number, string>();
  for (let from = 0; from < ids.length; from += idsPerQueryMax) {
    const found = await db
      .selectFrom('check_in')
      .innerJoin('station', 'station.id', 'check_in.station')
      .select(['journal_id', 'station.name'])
      .where('journal_id', 'in', ids.slice(from, from + idsPerQueryMax))
      .execute();
    for (const { journal_id, name } of found) names.set(journal_id, name);
  }
  return names;
}

/** Well below what SQLite takes as parameters of one statement (SQLITE_MAX_VARIABLE_NUMBER). */
const idsPerQueryMax = 500;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Formats are dear to make: one for each language and zone. */
function clock(locale: string, timeZone: string): (ms: number) => string {
  const key = `${locale} ${timeZone}`;
  const format =
    clocks.get(key) ??
    new Intl.DateTimeFormat(locale, {
      ...{ dateStyle: 'long', timeStyle: 'short', hourCycle: 'h23', timeZone },
    });
  clocks.set(key, format);
  return (ms) => format.format(ms);
}
