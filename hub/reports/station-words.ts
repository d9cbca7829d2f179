import type { Words } from './report.ts';

/** A station in three languages; where nobody said so, by the name that it was added with. */
export const stationWords = (station: {
  name: string;
  name_zh: string | null;
  name_en: string | null;
  name_ko: string | null;
}): Words => ({
  zh: station.name_zh ?? station.name,
  en: station.name_en ?? station.name,
  ko: station.name_ko ?? station.name,
});
