import { describe, expect, it } from 'vitest';
import { languages, noticeText, plainText } from '../../hub/notify/texts.ts';
import { acknowledgedNotice, exampleNotice } from '../contracts/notifier-contract.ts';

const timeZone = 'Asia/Shanghai';
const testWords = {
  zh: '测试,非真实警情',
  en: 'Test, not a real alarm',
  ko: '시험 중, 실제 상황 아님',
};
const answeredWords = {
  zh: { acknowledged: '已接警', resolved: '处置完毕', mistake: '误触' },
  en: { acknowledged: 'Acknowledged', resolved: 'Resolved', mistake: 'Pressed by mistake' },
  ko: { acknowledged: '접수', resolved: '상황 종료', mistake: '잘못 누름' },
};

describe.each(languages)('the text of a notice in %s', (language) => {
  const textOf = (change: object = {}): string =>
    plainText(noticeText({ ...exampleNotice, ...change }, { language, timeZone }));

  it('says where, since when, at which step, and how to acknowledge', () => {
    const text = textOf();
    for (const part of ['Station 1', '11:04:05', '11:04:06', 'alarm acknowledge 7']) {
      expect(text).toContain(part);
    }
    expect(textOf({ step: 3 })).not.toBe(text);
  });

  it('reads times as people there do', () => {
    const notice = noticeText(exampleNotice, { language, timeZone: 'Europe/Helsinki' });
    expect(plainText(notice)).toContain('5:04:06');
    expect(textOf({ storedMs: Date.UTC(2030, 0, 1, 16, 0, 0) })).toMatch(/\b0?0:00:00/);
  });

  it('says that it was perhaps a mistake, without taking anything back', () => {
    const more = textOf({ isMistake: true }).split('\n');
    const lines = textOf().split('\n');
    expect(more).toEqual(expect.arrayContaining(lines));
    expect(more).toHaveLength(lines.length + 1);
  });

  it('says of an answered alarm who, when and what it was, and asks for nothing', () => {
    const words = answeredWords[language];
    const acknowledged = noticeText(acknowledgedNotice, { language, timeZone });
    expect(acknowledged.title).toContain(words.acknowledged);
    expect(acknowledged.lines.join()).toMatch(/Operator 1.*11:05:07/);
    const answered = { state: 'resolved', by: 'Op\n2', atMs: 0, cause: 'mistake', othersOpen: 0 };
    const text = textOf({ answered });
    for (const part of [words.resolved, 'Op 2']) expect(text).toContain(part);
    expect(text.toLowerCase()).toContain(words.mistake.toLowerCase());
    expect(text).not.toContain('alarm acknowledge');
    // Whoever reads "resolved" while another call stands there would stay at home.
    expect(textOf({ answered: { ...answered, othersOpen: 2 } })).toMatch(/2.*$/);
    expect(textOf({ answered: { ...answered, othersOpen: 2 } })).not.toBe(text);
  });

  it('says twice of a test that it is one, and asks for nothing', () => {
    const { title, lines } = noticeText({ ...exampleNotice, isTest: true }, { language, timeZone });
    expect(title).toContain(testWords[language]);
    expect(lines).toContain(testWords[language]);
    expect(lines.join()).not.toContain('acknowledge 7');
    expect(textOf()).not.toContain(testWords[language]);
  });
});
