import { type Language, languages } from '../notify/texts.ts';

export { type Language, languages };

/** One word of ours in the languages of the scheme. */
export type Words = Readonly<Record<Language, string>>;

export const roleWords = {
  'grid-leader': { zh: '网格长', en: 'Grid leader', ko: '구역장(网格长)' },
  'building-head': { zh: '楼院长', en: 'Building head', ko: '건물장(楼院长)' },
  'property-guard': { zh: '物业保安', en: 'Property guard', ko: '경비원' },
  'sanitation-worker': { zh: '环卫工人', en: 'Sanitation worker', ko: '환경미화원' },
  other: { zh: '其他', en: 'Other', ko: '기타' },
} as const satisfies Readonly<Record<string, Words>>;
export type Role = keyof typeof roleWords;

export const stationKindWords = {
  shop: { zh: '商店', en: 'Shop', ko: '상점' },
  hotel: { zh: '酒店', en: 'Hotel', ko: '호텔' },
  bank: { zh: '银行', en: 'Bank', ko: '은행' },
  pharmacy: { zh: '药店', en: 'Pharmacy', ko: '약국' },
  other: { zh: '其他', en: 'Other', ko: '기타' },
} as const satisfies Readonly<Record<string, Words>>;
export type StationKind = keyof typeof stationKindWords;

/** What help there is at a station. */
export const helpWords = {
  'rest-seats': { zh: '休息座椅', en: 'Seats to rest', ko: '휴식 의자' },
  water: { zh: '饮用水', en: 'Drinking water', ko: '식수' },
  'first-aid': { zh: '急救箱', en: 'First aid', ko: '구급상자' },
  aed: { zh: '自动体外除颤器(AED)', en: 'AED', ko: '자동심장충격기(AED)' },
} as const satisfies Readonly<Record<string, Words>>;
export type Help = keyof typeof helpWords;

export const stateWords = {
  active: { zh: '在岗', en: 'Active', ko: '활동 중' },
  paused: { zh: '暂停', en: 'Paused', ko: '활동 중지' },
  /** Who it was is known no more; the points stay. */
  erased: { zh: '已注销', en: 'Erased', ko: '말소됨' },
} as const satisfies Readonly<Record<string, Words>>;
export type VolunteerState = keyof typeof stateWords;

/** Each language by its own name, and by what the others call it. */
export const languageWords = {
  zh: { zh: '中文', en: 'Chinese', ko: '중국어' },
  en: { zh: '英文', en: 'English', ko: '영어' },
  ko: { zh: '韩文', en: 'Korean', ko: '한국어' },
} as const satisfies Readonly<Record<Language, Words>>;

/** @returns the words' own keys, in the order in which they are shown. */
export const keysOf = <K extends string>(table: Readonly<Record<K, Words>>): K[] =>
  // Object.keys forgets that the members of a literal are all that it has.
  Object.keys(table) as K[];

/** What people type is one word whatever its case, spaces, hyphens, brackets and width of letters. */
export const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{P}_]+/gu, '');

/**
 * Finds a word in any of the three languages, or the machine's own.
 * @param synonyms other words that people use for it
 */
export function wordFinder<K extends string>(
  table: Readonly<Record<K, Words>>,
  synonyms?: Readonly<Partial<Record<K, readonly string[]>>>,
): (text: string) => K | undefined {
  const found = new Map<string, K>();
  for (const key of keysOf(table)) {
    const { zh, en, ko } = table[key];
    for (const word of [key, zh, en, ko, ...(synonyms?.[key] ?? [])]) found.set(plain(word), key);
  }
  return (text) => found.get(plain(text));
}

export const findRole = wordFinder(roleWords, {
  'building-head': ['楼长', '院长', '건물장'],
  'grid-leader': ['구역장'],
  'property-guard': ['保安', 'guard'],
  'sanitation-worker': ['环卫工', '环卫'],
});
export const findState = wordFinder(stateWords, {
  active: ['正常', '在职', '활동'],
  paused: ['停用', '休假', '중지', '휴식'],
});
export const findLanguage = wordFinder(languageWords, {
  zh: ['汉语', '汉文', '普通话'],
  en: ['英语'],
  ko: ['韩语', '朝鲜语', '朝鲜文', '조선어', '한국말'],
});
export const findStationKind = wordFinder(stationKindWords);
export const findHelp = wordFinder(helpWords);
