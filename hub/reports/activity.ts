import { type StationKind, stationKindWords } from '../people/words.ts';
import type { Db } from '../store/schema.ts';
import type { Period } from './period.ts';
import type { ReportTable, Words } from './report.ts';
import { stationWords } from './station-words.ts';

const checkInsColumn: Words = { zh: '签到次数', en: 'check-ins', ko: '체크인' };
const creditedColumn: Words = { zh: '计分次数', en: 'credited', ko: '인정' };
const daysColumn: Words = { zh: '天数', en: 'days', ko: '일수' };
const pointsColumn: Words = { zh: '积分', en: 'points', ko: '포인트' };
const volunteerColumn: Words = { zh: '平安志愿者', en: 'volunteer', ko: '안전 자원봉사자' };
const volunteersColumn: Words = { zh: '志愿者人数', en: 'volunteers', ko: '자원봉사자 수' };
const stationColumn: Words = { zh: '驿站', en: 'station', ko: '쉼터' };

/** Check-ins that took part in the scoring of their days. */
export const counted = (db: Db, { from, to }: Period) =>
  db
    .selectFrom('check_in')
    .where('check_in.counts', '=', 1)
    .where('check_in.day', '>=', from)
    .where('check_in.day', '<=', to);

/** Who checked in how often, and what it earned; most points first. */
export async function volunteersTable(db: Db, period: Period): Promise<ReportTable> {
  const rows = await counted(db, period)
    .innerJoin('volunteer', 'volunteer.id', 'check_in.volunteer_id')
    .select(['volunteer.id', 'volunteer.name'])
    .select((eb) => [
      eb.fn.countAll<number>().as('checkIns'),
      eb.fn
        .count<number>('check_in.journal_id')
        .filterWhere('outcome', '=', 'credited')
        .as('credited'),
      eb.fn.count<number>('check_in.day').distinct().as('days'),
      eb.fn.sum<number>('points').as('points'),
    ])
    .groupBy(['volunteer.id', 'volunteer.name'])
    .orderBy('points', 'desc')
    .orderBy('volunteer.id')
    .execute();
  return {
    id: 'volunteers',
    title: { zh: '志愿者签到', en: 'Check-ins by volunteer', ko: '자원봉사자별 체크인' },
    columns: [
      ...[{ zh: '编号', en: 'id', ko: '번호' }, volunteerColumn],
      ...[checkInsColumn, creditedColumn, daysColumn, pointsColumn],
    ],
    rows: rows.map(({ id, name, checkIns, credited, days, points }) => [
      ...[id, name, Number(checkIns), Number(credited), Number(days), Number(points)],
    ]),
    chart: { kind: 'bars', label: 1, value: 5 },
  };
}

/** How often each station was visited, by how many; also those that nobody came to. */
export async function stationsTable(db: Db, period: Period): Promise<ReportTable> {
  const visits = counted(db, period)
    .select('station')
    .select((eb) => [
      eb.fn.countAll<number>().as('checkIns'),
      eb.fn.count<number>('volunteer_id').distinct().as('volunteers'),
      eb.fn.sum<number>('points').as('points'),
    ])
    .groupBy('station')
    .as('visits');
  const rows = await db
    .selectFrom('station')
    .leftJoin(visits, 'visits.station', 'station.id')
    .leftJoin('station_detail as detail', 'detail.station', 'station.id')
    .select(['station.id', 'station.name', 'checkIns', 'volunteers', 'points'])
    .select(['name_zh', 'name_en', 'name_ko'])
    .where((eb) => eb.or([eb('revoked_at', 'is', null), eb('checkIns', 'is not', null)]))
    .orderBy((eb) => eb.fn.coalesce('checkIns', eb.val(0)), 'desc')
    .orderBy('station.id')
    .execute();
  return {
    id: 'stations',
    title: { zh: '驿站签到', en: 'Check-ins by station', ko: '쉼터별 체크인' },
    columns: [
      ...[{ zh: '编号', en: 'id', ko: '번호' }, stationColumn],
      ...[checkInsColumn, volunteersColumn, pointsColumn],
    ],
    rows: rows.map(({ id, checkIns, volunteers, points, ...names }) => [
      ...[id, stationWords(names), Number(checkIns ?? 0)],
      ...[Number(volunteers ?? 0), Number(points ?? 0)],
    ]),
    chart: { kind: 'bars', label: 1, value: 2 },
  };
}

/** What each team did, by who belonged to it at the time; somebody in two teams counts for both. */
export async function teamsTable(db: Db, period: Period): Promise<ReportTable> {
  const rows = await counted(db, period)
    .innerJoin('team_member as member', (join) =>
      join
        .onRef('member.volunteer_id', '=', 'check_in.volunteer_id')
        .onRef('member.from_ms', '<=', 'check_in.occurred_ms')
        .on((eb) =>
          eb.or([
            eb('member.until_ms', 'is', null),
            eb('member.until_ms', '>', eb.ref('check_in.occurred_ms')),
          ]),
        ),
    )
    .innerJoin('team', 'team.id', 'member.team_id')
    .select(['team.id', 'name_zh as zh', 'name_en as en', 'name_ko as ko'])
    .select((eb) => [
      eb.fn.count<number>('check_in.volunteer_id').distinct().as('volunteers'),
      eb.fn.countAll<number>().as('checkIns'),
      eb.fn.sum<number>('points').as('points'),
    ])
    .groupBy(['team.id', 'name_zh', 'name_en', 'name_ko'])
    .orderBy('points', 'desc')
    .orderBy('team.id')
    .execute();
  return {
    id: 'teams',
    title: { zh: '队伍签到', en: 'Check-ins by team', ko: '팀별 체크인' },
    columns: [
      { zh: '队伍', en: 'team', ko: '팀' },
      ...[volunteersColumn, checkInsColumn, pointsColumn],
    ],
    rows: rows.map(({ zh, en, ko, volunteers, checkIns, points }) => [
      ...[{ zh, en, ko }, Number(volunteers), Number(checkIns), Number(points)],
    ]),
    chart: { kind: 'bars', label: 0, value: 3 },
  };
}

/** How often stations of each kind were visited. */
export async function stationKindsTable(db: Db, period: Period): Promise<ReportTable> {
  const rows = await counted(db, period)
    .leftJoin('station_detail as detail', 'detail.station', 'check_in.station')
    .select('detail.kind')
    .select((eb) => [
      eb.fn.count<number>('check_in.station').distinct().as('stations'),
      eb.fn.countAll<number>().as('checkIns'),
      eb.fn.sum<number>('points').as('points'),
    ])
    .groupBy('detail.kind')
    .orderBy('checkIns', 'desc')
    .execute();
  return {
    id: 'station-kinds',
    title: { zh: '各类驿站签到', en: 'Check-ins by kind of station', ko: '쉼터 종류별 체크인' },
    columns: [
      { zh: '类别', en: 'kind', ko: '종류' },
      { zh: '驿站数', en: 'stations', ko: '쉼터 수' },
      ...[checkInsColumn, pointsColumn],
    ],
    rows: rows.map(({ kind, stations, checkIns, points }) => [
      ...[kindWords(kind), Number(stations), Number(checkIns), Number(points)],
    ]),
    chart: { kind: 'bars', label: 0, value: 2 },
  };
}

const kindWords = (kind: StationKind | null): Words =>
  kind === null ? { zh: '未说明', en: 'not said', ko: '미지정' } : stationKindWords[kind];
