import type { Notice } from './notifier.ts';
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
  },
};

/** A group robot takes 2,048 bytes of text, and a name is typed by anybody. */
const stationNameCharactersMax = 60;

/** @returns what a person is told: where, when, and what to do. No personal data, whatever the station is called. */
export function noticeText(notice: Notice, { language, timeZone }: TextOptions): NoticeText {
  const words = wordsOf[language];
  const timeOf = (atMs: number): string =>
    new Intl.DateTimeFormat(words.locale, {
      ...{ timeZone, dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' },
    }).format(atMs);
  const title = words.title(oneLine(notice.stationName, stationNameCharactersMax));
  const pressed = words.pressed(timeOf(notice.raisedMs));
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
