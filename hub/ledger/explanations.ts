import type { Outcome } from '../../shared/wire/messages.ts';
import type { Language } from '../notify/texts.ts';
import type { TransferReason, TransferRule } from './transfer-reason.ts';

/** What a sentence about a transfer is made of. */
export interface TransferFacts<R extends TransferReason = TransferReason> {
  readonly reason: R;
  /** Points to the volunteer; negative from them. */
  readonly change: number;
  /** Whether something else was transferred for the same matter before. */
  readonly isCorrection: boolean;
  /** Name of the station, for a check-in. */
  readonly station: string;
  /** A moment as the language writes it, in the scheme's zone. */
  readonly time: (ms: number) => string;
}

type Sentence<R extends TransferReason> = (facts: TransferFacts<R>) => string;
type ReasonOf<R extends TransferRule> = Extract<TransferReason, { rule: R }>;
/** For each rule one sentence in each language: a rule that nobody can explain does not compile. */
type Explanations = {
  readonly [R in TransferRule]: Readonly<Record<Language, Sentence<ReasonOf<R>>>>;
};

const outcomeWords: Readonly<Record<Language, Readonly<Record<Outcome, string>>>> = {
  zh: {
    credited: '签到成功',
    'already-checked-in': '间隔时间内已签到',
    'daily-limit': '当日积分已达上限',
    'unknown-card': '此卡未登记',
    'blocked-card': '此卡已挂失',
    'held-for-review': '待审核',
    recorded: '已记录',
  },
  en: {
    credited: 'credited',
    'already-checked-in': 'already checked in there a short while before',
    'daily-limit': 'daily limit reached',
    'unknown-card': 'card not registered',
    'blocked-card': 'card reported lost',
    'held-for-review': 'held for review',
    recorded: 'recorded',
  },
  ko: {
    credited: '체크인 인정',
    'already-checked-in': '조금 전에 이미 체크인함',
    'daily-limit': '오늘 적립 한도 도달',
    'unknown-card': '등록되지 않은 카드',
    'blocked-card': '분실 신고된 카드',
    'held-for-review': '확인 대기',
    recorded: '기록됨',
  },
};

const checkIn: Explanations['check-in'] = {
  zh: ({ reason, change, isCorrection, station, time }) => {
    const what = `${time(reason.occurredMs)} 在“${station}”的签到`;
    const rule = `按第 ${reason.policy} 版规则`;
    if (!isCorrection) return `${what},${rule}得 ${change} 分。`;
    const why = movedText('zh', reason, time) ?? '当天的其他签到记录后来有变化';
    const verdict = `现应得 ${reason.points} 分(${outcomeWords.zh[reason.outcome]})`;
    return `更正:${what},${why},${rule}${verdict},因此${change > 0 ? '补' : '扣'} ${Math.abs(change)} 分。`;
  },
  en: ({ reason, change, isCorrection, station, time }) => {
    const what = `checking in at ${station} on ${time(reason.occurredMs)}`;
    const rule = `by version ${reason.policy} of the rules`;
    if (!isCorrection) return `${change} points for ${what}, ${rule}.`;
    const why =
      movedText('en', reason, time) ?? 'other check-ins of that day became known or changed';
    const verdict = `${reason.points} points (${outcomeWords.en[reason.outcome]})`;
    const sign = change > 0 ? `${change} points more` : `${-change} points less`;
    return `Correction: ${sign} for ${what}: ${why}, and ${rule} it now comes to ${verdict}.`;
  },
  ko: ({ reason, change, isCorrection, station, time }) => {
    const what = `${time(reason.occurredMs)} ‘${station}’ 체크인`;
    const rule = `규칙 ${reason.policy}판에 따라`;
    if (!isCorrection) return `${what}: ${rule} ${change}포인트 적립.`;
    const why = movedText('ko', reason, time) ?? '그날의 다른 체크인이 나중에 확인되거나 바뀌어';
    const verdict = `${reason.points}포인트(${outcomeWords.ko[reason.outcome]})`;
    const sign = `${Math.abs(change)}포인트 ${change > 0 ? '추가' : '차감'}`;
    return `정정: ${what}: ${why} ${rule} ${verdict}이므로 ${sign}.`;
  },
};

function movedText(
  language: Language,
  { datedAnewFromMs }: ReasonOf<'check-in'>,
  time: (ms: number) => string,
): string | undefined {
  if (datedAnewFromMs === undefined) return undefined;
  const before = time(datedAnewFromMs);
  return {
    zh: `时间由 ${before} 更正`,
    en: `it was thought to have happened on ${before}`,
    ko: `시각이 ${before}에서 바로잡혀`,
  }[language];
}

const byHand: Explanations['by-hand'] = {
  zh: ({ reason, change }) =>
    `${change > 0 ? '补' : '扣'} ${Math.abs(change)} 分,理由:“${reason.text}”(经办:${reason.by}${
      reason.approvedBy === undefined ? '' : `,复核:${reason.approvedBy}`
    })。`,
  en: ({ reason, change }) =>
    `${Math.abs(change)} points ${change > 0 ? 'given' : 'taken'} by ${reason.by}${
      reason.approvedBy === undefined ? '' : `, approved by ${reason.approvedBy}`
    }: “${reason.text}”.`,
  ko: ({ reason, change }) =>
    `${Math.abs(change)}포인트 ${change > 0 ? '지급' : '차감'}, 사유: “${reason.text}” (담당: ${reason.by}${
      reason.approvedBy === undefined ? '' : `, 승인: ${reason.approvedBy}`
    }).`,
};

const contribution: Explanations['contribution'] = {
  zh: ({ reason: { names, day, policy, by, approvedBy }, change }) =>
    `${day} 的贡献“${names.zh}”,按第 ${policy} 版规则得 ${change} 分(登记:${by},审核:${approvedBy})。`,
  en: ({ reason: { names, day, policy, by, approvedBy }, change }) =>
    `${change} points for a contribution on ${day}, “${names.en}”, by version ${policy} of the rules; recorded by ${by}, approved by ${approvedBy}.`,
  ko: ({ reason: { names, day, policy, by, approvedBy }, change }) =>
    `${day} 기여 “${names.ko}”: 규칙 ${policy}판에 따라 ${change}포인트 적립 (등록: ${by}, 승인: ${approvedBy}).`,
};

const expiry: Explanations['expiry'] = {
  zh: ({ reason, change }) =>
    `${-change} 分过期:${reason.before} 之前获得且尚未使用,按第 ${reason.policy} 版规则失效。`,
  en: ({ reason, change }) =>
    `${-change} points expired: earned before ${reason.before} and not used, by version ${reason.policy} of the rules.`,
  ko: ({ reason, change }) =>
    `${-change}포인트 만료: ${reason.before} 이전에 적립하고 쓰지 않음, 규칙 ${reason.policy}판에 따름.`,
};

const explanations: Explanations = { 'check-in': checkIn, 'by-hand': byHand, contribution, expiry };

/** @returns one sentence: how many points, why, by which rule, and what it looked at */
export function explainTransfer(language: Language, facts: TransferFacts): string {
  // The table has for each rule the sentences that take its reasons; TypeScript cannot follow the pairing.
  const sentence = explanations[facts.reason.rule][language] as Sentence<TransferReason>;
  return sentence(facts);
}
