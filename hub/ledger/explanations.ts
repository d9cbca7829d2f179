import { counted } from '../../shared/counted.ts';
import type { CheckInOutcome, PointsPart } from '../domain/scoring.ts';
import type { Language } from '../notify/texts.ts';
import type { TransferReason, TransferRule } from './transfer-reason.ts';

/** What a sentence about a transfer is made of. */
export interface TransferFacts<R extends TransferReason = TransferReason> {
  readonly reason: R;
  /** Points to the volunteer; negative from them, 0 when none of theirs moved. */
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

const outcomeWords: Readonly<Record<Language, Readonly<Record<CheckInOutcome, string>>>> = {
  zh: {
    credited: '签到成功',
    'already-checked-in': '间隔时间内已签到',
    'daily-limit': '当日积分已达上限',
    'monthly-limit': '本月积分已达上限',
    voided: '已撤销',
    'unknown-card': '此卡未登记',
    'blocked-card': '此卡无效(已挂失、停用或未通过验证)',
    'held-for-review': '待审核',
    recorded: '已记录',
  },
  en: {
    credited: 'credited',
    'already-checked-in': 'already checked in there a short while before',
    'daily-limit': 'daily limit reached',
    'monthly-limit': 'monthly limit reached',
    voided: 'voided by a person',
    'unknown-card': 'card not registered',
    'blocked-card': 'card not valid (lost, out of use, or not proved)',
    'held-for-review': 'held for review',
    recorded: 'recorded',
  },
  ko: {
    credited: '체크인 인정',
    'already-checked-in': '조금 전에 이미 체크인함',
    'daily-limit': '오늘 적립 한도 도달',
    'monthly-limit': '이번 달 적립 한도 도달',
    voided: '취소됨',
    'unknown-card': '등록되지 않은 카드',
    'blocked-card': '사용할 수 없는 카드(분실·정지·미확인)',
    'held-for-review': '확인 대기',
    recorded: '기록됨',
  },
};

const partWords: Readonly<Record<Language, Readonly<Record<PointsPart['rule'], string>>>> = {
  zh: { 'check-in': '签到', night: '夜巡', round: '一天走访多站' },
  en: { 'check-in': 'the check-in', night: 'the night hours', round: 'the round of stations' },
  ko: { 'check-in': '체크인', night: '야간 순찰', round: '여러 쉼터 순회' },
};

/** What points are made of, where that is more than the check-in itself. */
function partsText(language: Language, { parts = [] }: ReasonOf<'check-in'>): string {
  if (parts.every(({ rule }) => rule === 'check-in')) return '';
  const word = (rule: PointsPart['rule']): string => partWords[language][rule];
  return {
    zh: `(${parts.map(({ rule, points }) => `${word(rule)} ${points} 分`).join('、')})`,
    en: ` (${parts.map(({ rule, points }) => `${points} for ${word(rule)}`).join(', ')})`,
    ko: `(${parts.map(({ rule, points }) => `${word(rule)} ${points}포인트`).join(', ')})`,
  }[language];
}

/** What may have become known when nothing is said of this check-in's own date. */
function othersText(language: Language, { monthPoints, outcome }: ReasonOf<'check-in'>): string {
  if (outcome === 'blocked-card') {
    return {
      zh: '刷卡时该卡已挂失或停用',
      en: 'the card was lost, blocked or not valid when it was tapped',
      ko: '카드를 댄 때 그 카드가 분실·정지되었거나 유효하지 않아',
    }[language];
  }
  if (outcome === 'recorded') {
    return {
      zh: '当时该志愿者已暂停',
      en: 'the volunteer was paused then',
      ko: '그때 자원봉사자가 활동 중지 상태여서',
    }[language];
  }
  const isOfMonth = monthPoints !== undefined;
  return {
    zh: `当天${isOfMonth ? '或当月此前' : ''}的其他签到记录或卡片信息后来有变化`,
    en: `other check-ins of that day${isOfMonth ? ', or of the month before it,' : ''} became known or changed, or what was known of a card changed`,
    ko: `그날${isOfMonth ? '이나 그달 앞선 날' : ''}의 다른 체크인이나 카드에 관한 정보가 나중에 확인되거나 바뀌어`,
  }[language];
}

const checkIn: Explanations['check-in'] = {
  zh: ({ reason, change, isCorrection, station, time }) => {
    const what = `${time(reason.occurredMs)} 在“${station}”的签到`;
    const rule = `按第 ${reason.policy} 版规则`;
    if (!isCorrection) return `${what},${rule}得 ${change} 分${partsText('zh', reason)}。`;
    if (reason.outcome === 'voided') {
      return `更正:${what},${outcomeWords.zh.voided},因此扣 ${-change} 分。`;
    }
    const why = movedText('zh', reason, time) ?? othersText('zh', reason);
    const verdict = `现应得 ${reason.points} 分(${outcomeWords.zh[reason.outcome]})${partsText('zh', reason)}`;
    return `更正:${what},${why},${rule}${verdict},因此${change > 0 ? '补' : '扣'} ${Math.abs(change)} 分。`;
  },
  en: ({ reason, change, isCorrection, station, time }) => {
    const what = `checking in at ${station} on ${time(reason.occurredMs)}`;
    const rule = `by version ${reason.policy} of the rules`;
    const parts = partsText('en', reason);
    if (!isCorrection) return `${counted(change, 'point')} for ${what}, ${rule}${parts}.`;
    if (reason.outcome === 'voided') {
      return `Correction: ${counted(-change, 'point')} less for ${what}, which was ${outcomeWords.en.voided}.`;
    }
    const why = movedText('en', reason, time) ?? othersText('en', reason);
    const verdict = `${counted(reason.points, 'point')} (${outcomeWords.en[reason.outcome]})${parts}`;
    const sign =
      change > 0 ? `${counted(change, 'point')} more` : `${counted(-change, 'point')} less`;
    return `Correction: ${sign} for ${what}: ${why}, and ${rule} it now comes to ${verdict}.`;
  },
  ko: ({ reason, change, isCorrection, station, time }) => {
    const what = `${time(reason.occurredMs)} ‘${station}’ 체크인`;
    const rule = `규칙 ${reason.policy}판에 따라`;
    if (!isCorrection) return `${what}: ${rule} ${change}포인트${partsText('ko', reason)} 적립.`;
    if (reason.outcome === 'voided') {
      return `정정: ${what}: ${outcomeWords.ko.voided}. 따라서 ${-change}포인트 차감.`;
    }
    const why = movedText('ko', reason, time) ?? othersText('ko', reason);
    const parts = partsText('ko', reason);
    const verdict = `${reason.points}포인트(${outcomeWords.ko[reason.outcome]})${parts}`;
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

const bounty: Explanations['bounty'] = {
  zh: ({ reason, change, isCorrection, time }) => {
    const { stationName, visits, month, policy, occurredMs } = reason;
    const what = `${time(occurredMs)} 在“${stationName}”的签到(该站上月仅 ${visits} 次签到)`;
    const rule = `按第 ${policy} 版规则的 ${month} 冷门驿站奖励`;
    if (!isCorrection) return `${what},${rule}得 ${change} 分。`;
    const verb = change > 0 ? '补' : '扣';
    return `更正:${what},${month} 的签到记录后来有变化,${rule}现应得 ${reason.points} 分,因此${verb} ${Math.abs(change)} 分。`;
  },
  en: ({ reason, change, isCorrection, time }) => {
    const { stationName, visits, month, policy, occurredMs } = reason;
    const times = visits === 1 ? 'once' : `${visits} times`;
    const what = `checking in on ${time(occurredMs)} at ${stationName}, which was visited ${times} in the month before`;
    const rule = `bounty of ${month}, by version ${policy} of the rules`;
    if (!isCorrection) return `${counted(change, 'point')} for ${what}: ${rule}.`;
    const sign =
      change > 0 ? `${counted(change, 'point')} more` : `${counted(-change, 'point')} less`;
    return `Correction: ${sign} for ${what}: check-ins became known or changed, and it now comes to ${counted(reason.points, 'point')} (${rule}).`;
  },
  ko: ({ reason, change, isCorrection, time }) => {
    const { stationName, visits, month, policy, occurredMs } = reason;
    const what = `${time(occurredMs)} ‘${stationName}’ 체크인(지난달 방문 ${visits}회)`;
    const rule = `규칙 ${policy}판의 ${month} 방문 장려 포인트`;
    if (!isCorrection) return `${what}: ${rule} ${change}포인트 적립.`;
    const sign = `${Math.abs(change)}포인트 ${change > 0 ? '추가' : '차감'}`;
    return `정정: ${what}: 체크인이 나중에 확인되거나 바뀌어 ${rule} ${reason.points}포인트이므로 ${sign}.`;
  },
};

const checkInsSummed: Explanations['check-ins-summed'] = {
  zh: ({ reason: { month, checkIns, run }, change }) =>
    `${month.replace('-', ' 年 ')} 月 ${checkIns} 次签到合计${change > 0 ? '得' : '更正扣除'} ${Math.abs(change)} 分;签到明细已过保存期限并删除(第 ${run} 次清理)。`,
  en: ({ reason: { month, checkIns, run }, change }) =>
    `${counted(Math.abs(change), 'point')} ${change > 0 ? 'for' : 'taken back by corrections of'} ${counted(checkIns, 'check-in')} of ${month}; where and when they were was removed after its time (retention run ${run}).`,
  ko: ({ reason: { month, checkIns, run }, change }) =>
    `${month.replace('-', '년 ')}월 체크인 ${checkIns}회 합계 ${Math.abs(change)}포인트 ${change > 0 ? '적립' : '정정 차감'}; 체크인 상세는 보존 기간이 지나 삭제됨 (${run}차 정리).`,
};

const bountiesSummed: Explanations['bounties-summed'] = {
  zh: ({ reason: { month, run }, change }) =>
    `${month.replace('-', ' 年 ')} 月冷门驿站奖励合计${change > 0 ? '得' : '更正扣除'} ${Math.abs(change)} 分;明细已过保存期限并删除(第 ${run} 次清理)。`,
  en: ({ reason: { month, run }, change }) =>
    `${counted(Math.abs(change), 'point')} ${change > 0 ? 'for' : 'taken back by corrections of'} the bounties of ${month}; for which stations they were was removed after its time (retention run ${run}).`,
  ko: ({ reason: { month, run }, change }) =>
    `${month.replace('-', '년 ')}월 방문 장려 포인트 합계 ${Math.abs(change)}포인트 ${change > 0 ? '적립' : '정정 차감'}; 상세는 보존 기간이 지나 삭제됨 (${run}차 정리).`,
};

const byHand: Explanations['by-hand'] = {
  zh: ({ reason, change }) =>
    `${change > 0 ? '补' : '扣'} ${Math.abs(change)} 分,理由:“${reason.text}”(经办:${reason.by}${
      reason.approvedBy === undefined ? '' : `,复核:${reason.approvedBy}`
    })。`,
  en: ({ reason, change }) =>
    `${counted(Math.abs(change), 'point')} ${change > 0 ? 'given' : 'taken'} by ${reason.by}${
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
    `${counted(change, 'point')} for a contribution on ${day}, “${names.en}”, by version ${policy} of the rules; recorded by ${by}, approved by ${approvedBy}.`,
  ko: ({ reason: { names, day, policy, by, approvedBy }, change }) =>
    `${day} 기여 “${names.ko}”: 규칙 ${policy}판에 따라 ${change}포인트 적립 (등록: ${by}, 승인: ${approvedBy}).`,
};

const expiry: Explanations['expiry'] = {
  zh: ({ reason, change }) =>
    `${-change} 分过期:${reason.before} 之前获得且尚未使用,按第 ${reason.policy} 版规则失效。`,
  en: ({ reason, change }) =>
    `${counted(-change, 'point')} expired: earned before ${reason.before} and not used, by version ${reason.policy} of the rules.`,
  ko: ({ reason, change }) =>
    `${-change}포인트 만료: ${reason.before} 이전에 적립하고 쓰지 않음, 규칙 ${reason.policy}판에 따름.`,
};

const reserve: Explanations['redemption-reserve'] = {
  zh: ({ reason }) =>
    `兑换“${reason.name.zh}”,预留 ${reason.points} 分,待领取(经办:${reason.by})。`,
  en: ({ reason }) =>
    `${counted(reason.points, 'point')} set aside by ${reason.by} for “${reason.name.en}”, which is to be picked up.`,
  ko: ({ reason }) =>
    `‘${reason.name.ko}’ 교환: ${reason.points}포인트 예약, 수령 대기 (담당: ${reason.by}).`,
};

const handOut: Explanations['redemption-hand-out'] = {
  zh: ({ reason }) =>
    `“${reason.name.zh}”已领取,预留的 ${reason.points} 分已兑换(经办:${reason.by})。`,
  en: ({ reason }) =>
    `“${reason.name.en}” was handed out by ${reason.by}: the ${counted(reason.points, 'point')} set aside for it ${reason.points === 1 ? 'is' : 'are'} redeemed.`,
  ko: ({ reason }) =>
    `‘${reason.name.ko}’ 전달 완료: 예약된 ${reason.points}포인트 사용 (담당: ${reason.by}).`,
};

const cancel: Explanations['redemption-cancel'] = {
  zh: ({ reason }) =>
    `“${reason.name.zh}”的兑换已取消,退回 ${reason.points} 分,理由:“${reason.text}”(经办:${reason.by})。`,
  en: ({ reason }) =>
    `${counted(reason.points, 'point')} back: ${reason.by} cancelled the redemption of “${reason.name.en}”: “${reason.text}”.`,
  ko: ({ reason }) =>
    `‘${reason.name.ko}’ 교환 취소: ${reason.points}포인트 반환, 사유: “${reason.text}” (담당: ${reason.by}).`,
};

const explanations: Explanations = {
  'check-in': checkIn,
  bounty,
  'check-ins-summed': checkInsSummed,
  'bounties-summed': bountiesSummed,
  'by-hand': byHand,
  contribution,
  expiry,
  'redemption-reserve': reserve,
  'redemption-hand-out': handOut,
  'redemption-cancel': cancel,
};

/** @returns one sentence: how many points, why, by which rule, and what it looked at */
export function explainTransfer(language: Language, facts: TransferFacts): string {
  // The table has for each rule the sentences that take its reasons; TypeScript cannot follow the pairing.
  const sentence = explanations[facts.reason.rule][language] as Sentence<TransferReason>;
  return sentence(facts);
}
