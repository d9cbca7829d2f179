import { stationNameMax } from '../../shared/wire/limits.ts';
import { addressCharactersMax, cleanText, textFault } from '../people/clean-text.ts';
import { type Help, helpWords, keysOf, languages, type StationKind } from '../people/words.ts';
import type { Store } from '../store/open-store.ts';
import type { Db } from '../store/schema.ts';
import { noteAction, Refusal, refuseFaults } from './registry.ts';

/** What people want to know of a station; null for what nobody has said. */
export interface StationDetails {
  readonly nameZh: string | null;
  readonly nameEn: string | null;
  readonly nameKo: string | null;
  readonly kind: StationKind | null;
  readonly address: string | null;
  readonly help: readonly Help[];
  /** ISO 639 codes of the languages that are spoken there. */
  readonly languages: readonly string[];
}

/** ISO 639-1 and 639-3. */
const languageCode = /^[a-z]{2,3}$/;
const spokenMax = 20;

/**
 * Says what is given of a station, and leaves everything else as it is; a blank text takes one away.
 * @throws Refusal when there is no such station or something cannot be taken; all faults at once
 */
export async function describeStation(
  { db }: Pick<Store, 'db'>,
  station: string,
  change: Partial<StationDetails>,
  by: string,
): Promise<StationDetails> {
  return db.transaction().execute(async (trx) => {
    await stationRow(trx, station);
    const after = clean({ ...(await detailsOf(trx, station)), ...change });
    refuseFaults(faultsOf(after));
    const { nameZh: name_zh, nameEn: name_en, nameKo: name_ko, address, kind } = after;
    const row = { name_zh, name_en, name_ko, address, kind };
    await trx
      .insertInto('station_detail')
      .values({ station, ...row })
      .onConflict((conflict) => conflict.column('station').doUpdateSet(row))
      .execute();
    await trx.deleteFrom('station_help').where('station', '=', station).execute();
    const helps = after.help.map((help) => ({ station, help }));
    if (helps.length > 0) await trx.insertInto('station_help').values(helps).execute();
    await trx.deleteFrom('station_language').where('station', '=', station).execute();
    const spoken = after.languages.map((language) => ({ station, language }));
    if (spoken.length > 0) await trx.insertInto('station_language').values(spoken).execute();
    await noteAction(trx, by, 'station describe', station, change);
    return after;
  });
}

/** @throws Refusal when there is no such station */
export async function showStation({ db }: Pick<Store, 'db'>, station: string) {
  const { name, revoked_at } = await stationRow(db, station);
  const position = await db
    .selectFrom('station_position')
    .select(['latitude', 'longitude'])
    .where('station', '=', station)
    .executeTakeFirst();
  const details = await detailsOf(db, station);
  return {
    id: station,
    name,
    revoked: revoked_at !== null,
    ...details,
    position: position ?? null,
  };
}

async function stationRow(db: Db, station: string) {
  const row = await db
    .selectFrom('station')
    .select(['name', 'revoked_at'])
    .where('id', '=', station)
    .executeTakeFirst();
  if (!row) throw new Refusal(`there is no station ${station}`);
  return row;
}

async function detailsOf(db: Db, station: string): Promise<StationDetails> {
  const row = await db
    .selectFrom('station_detail')
    .select(['name_zh as nameZh', 'name_en as nameEn', 'name_ko as nameKo', 'kind', 'address'])
    .where('station', '=', station)
    .executeTakeFirst();
  const help = await db
    .selectFrom('station_help')
    .select('help')
    .where('station', '=', station)
    .execute();
  const spoken = await db
    .selectFrom('station_language')
    .select('language')
    .where('station', '=', station)
    .execute();
  const unsaid = { nameZh: null, nameEn: null, nameKo: null, kind: null, address: null };
  return clean({
    ...(row ?? unsaid),
    help: help.map((one) => one.help),
    languages: spoken.map(({ language }) => language),
  });
}

const blankToNull = (text: string | null): string | null =>
  text === null ? null : cleanText(text) || null;

/** Help in the order in which it is shown, the scheme's own languages first. */
function clean(details: StationDetails): StationDetails {
  const spoken = new Set(details.languages);
  const own = languages.filter((language) => spoken.has(language));
  const others = [...spoken].filter((one) => !own.some((language) => language === one));
  return {
    nameZh: blankToNull(details.nameZh),
    nameEn: blankToNull(details.nameEn),
    nameKo: blankToNull(details.nameKo),
    kind: details.kind,
    address: blankToNull(details.address),
    help: keysOf(helpWords).filter((help) => details.help.includes(help)),
    languages: [...own, ...others.sort()],
  };
}

function faultsOf({
  nameZh,
  nameEn,
  nameKo,
  address,
  languages: spoken,
}: StationDetails): string[] {
  return [
    textFault('the name in zh', nameZh ?? '', stationNameMax),
    textFault('the name in en', nameEn ?? '', stationNameMax),
    textFault('the name in ko', nameKo ?? '', stationNameMax),
    textFault('the address', address ?? '', addressCharactersMax),
    ...spoken
      .filter((code) => !languageCode.test(code))
      .map((code) => `${code} is no code of a language, such as zh, en, ko`),
    spoken.length > spokenMax ? `${spokenMax} languages at most` : undefined,
  ].filter((fault) => fault !== undefined);
}
