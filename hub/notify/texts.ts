import type { AlarmCause } from '../domain/alarm.ts';
import type { Answered, Notice } from './notifier.ts';
import { oneLine } from './one-line.ts';

export const languages = ['zh', 'en', 'ko'] as const;
export type Language = (typeof languages)[number];

/** A notice for people: the title alone says where help is wanted. */
export interface NoticeText {
  readonly title: string;
  readonly lines: readonly string[];
}

export interface TextOptions {
  readonly language: Language;
  /** IANA name of the scheme's time zone. */
  readonly timeZone: string;
}

interface Words {
  /** How times are written there, with days first or last. */
  readonly locale: string;
  readonly title: (station: string) => string;
  readonly test: string;
  readonly pressed: (time: string) => string;
  readonly unacknowledged: (time: string) => string;
  readonly mistake: string;
  readonly step: (step: number) => string;
  readonly acknowledge: (alarmId: number) => string;
  readonly nothingToDo: string;
  readonly answeredTitle: Readonly<Record<Answered['state'], (station: string) => string>>;
  readonly answeredBy: Readonly<Record<Answered['state'], (by: string, time: string) => string>>;
  readonly cause: Readonly<Record<AlarmCause, string>>;
  readonly othersOpen: (count: number) => string;
}

const wordsOf: Readonly<Record<Language, Words>> = {
  zh: {
    locale: 'zh-CN',
    title: (station) => `紧急求助:${station}`,
    test: '测试,非真实警情',
    pressed: (time) => `求助时间:${time}`,
    unacknowledged: (time) => `${time} 起尚无人接警`,
    mistake: '随后又按了一次,可能是误触;在处置完毕之前仍按警情对待',
    step: (step) => `第 ${step} 级通知`,
    acknowledge: (alarmId) => `接警请在中心执行:alarm acknowledge ${alarmId}`,
    nothingToDo: '无需出动,无需接警',
    answeredTitle: {
      acknowledged: (station) => `已接警:${station}`,
      resolved: (station) => `处置完毕:${station}`,
    },
    answeredBy: {
      acknowledged: (by, time) => `接警人:${by},${time}`,
      resolved: (by, time) => `处置人:${by},${time}`,
    },
    cause: {
      real: '原因:真实警情',
      false: '原因:误报',
      mistake: '原因:误触',
      test: '原因:测试',
    },
    othersOpen: (count) => `注意:该驿站另有 ${count} 起求助尚未处置完毕`,
  },
  en: {
    locale: 'en-GB',
    title: (station) => `Help requested: ${station}`,
    test: 'Test, not a real alarm',
    pressed: (time) => `Panic button pressed: ${time}`,
    unacknowledged: (time) => `Unacknowledged since ${time}`,
    mistake: 'Pressed again soon after, perhaps by mistake; it stands until somebody resolves it',
    step: (step) => `Notification, step ${step}`,
    acknowledge: (alarmId) => `To acknowledge, on the hub: alarm acknowledge ${alarmId}`,
    nothingToDo: 'Nobody needs to come or to acknowledge',
    answeredTitle: {
      acknowledged: (station) => `Acknowledged: ${station}`,
      resolved: (station) => `Resolved: ${station}`,
    },
    answeredBy: {
      acknowledged: (by, time) => `Acknowledged by ${by}, ${time}`,
      resolved: (by, time) => `Resolved by ${by}, ${time}`,
    },
    cause: {
      real: 'Cause: a real alarm',
      false: 'Cause: a false alarm',
      mistake: 'Cause: pressed by mistake',
      test: 'Cause: a test',
    },
    othersOpen: (count) => `Note: of this station, not resolved yet besides: ${count}`,
  },
  ko: {
    locale: 'ko-KR',
    title: (station) => `도움 요청: ${station}`,
    test: '시험 중, 실제 상황 아님',
    pressed: (time) => `비상벨 누른 시각: ${time}`,
    unacknowledged: (time) => `${time}부터 접수되지 않았습니다`,
    mistake: '곧이어 다시 눌렸습니다. 잘못 누른 것일 수 있으나 상황 종료 전까지는 유효합니다',
    step: (step) => `${step}단계 알림`,
    acknowledge: (alarmId) => `접수하려면 허브에서 실행: alarm acknowledge ${alarmId}`,
    nothingToDo: '출동이나 접수가 필요하지 않습니다',
    answeredTitle: {
      acknowledged: (station) => `접수되었습니다: ${station}`,
      resolved: (station) => `상황 종료: ${station}`,
    },
    answeredBy: {
      acknowledged: (by, time) => `접수자: ${by}, ${time}`,
      resolved: (by, time) => `종료 처리자: ${by}, ${time}`,
    },
    cause: {
      real: '원인: 실제 상황',
      false: '원인: 오인 신고',
      mistake: '원인: 잘못 누름',
      test: '원인: 시험',
    },
    othersOpen: (count) => `주의: 이 쉼터의 다른 도움 요청 ${count}건은 아직 종료되지 않았습니다`,
  },
};

/** A group robot takes 2,048 bytes of text, and a name is typed by anybody. */
const nameCharactersMax = 60;

/**
 * @returns what a person is told: where, when, and what to do; or who has answered. Of people it names
 * that operator alone.
 */
export function noticeText(notice: Notice, { language, timeZone }: TextOptions): NoticeText {
  const words = wordsOf[language];
  const timeOf = (atMs: number): string =>
    new Intl.DateTimeFormat(words.locale, {
      ...{ timeZone, dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' },
    }).format(atMs);
  const station = oneLine(notice.stationName, nameCharactersMax);
  const title = words.title(station);
  const pressed = words.pressed(timeOf(notice.raisedMs));
  if (notice.answered) {
    const { state, by, atMs, cause, othersOpen } = notice.answered;
    const answeredBy = words.answeredBy[state](oneLine(by, nameCharactersMax), timeOf(atMs));
    const causes = cause === undefined ? [] : [words.cause[cause]];
    const others = othersOpen === 0 ? [] : [words.othersOpen(othersOpen)];
    const lines = [answeredBy, ...causes, pressed, ...others];
    return { title: words.answeredTitle[state](station), lines };
  }
  const step = words.step(notice.step);
  if (notice.isTest) {
    return {
      title: `[${words.test}] ${title}`,
      lines: [words.test, pressed, step, words.nothingToDo],
    };
  }
  const doubt = notice.isMistake ? [words.mistake] : [];
  const unacknowledged = words.unacknowledged(timeOf(notice.storedMs));
  const acknowledge = words.acknowledge(notice.alarmId);
  return { title, lines: [pressed, unacknowledged, ...doubt, step, acknowledge] };
}

/** The same as one text, for whoever has no place for a title. */
export const plainText = ({ title, lines }: NoticeText): string => [title, ...lines].join('\n');
