import type { Notice } from '../notifier.ts';
import type { FrameId } from './frame.ts';

export type EventFormat = 'sia' | 'contact-id';

/** SIA DC-03 names events by two letters, Contact ID (SIA DC-05) by three digits. */
const eventCodes = {
  /** PA: panic alarm. 120: panic. */
  panic: { sia: 'PA', contactId: '120' },
  /** RP: automatic test. 602: periodic test report. Neither makes a monitoring station call anybody. */
  test: { sia: 'RP', contactId: '602' },
} as const;

/**
 * PH: panic alarm restore. R120 (a 3 in place of the 1): the same. Neither list has an event for "an
 * operator elsewhere has acknowledged it"; a cancel (OC, 406) would call the monitoring station's own
 * help off, which only a person there may do.
 */
const restore = { sia: 'PH', contactId: eventCodes.panic.contactId } as const;

/**
 * Whether the lists of events have one for this notice. A zone is a relay station: it is not restored
 * while another alarm stands there.
 */
export const hasEventFor = ({ answered }: Pick<Notice, 'answered'>): boolean =>
  answered === undefined || (answered.state === 'resolved' && answered.othersOpen === 0);

/**
 * @param account the account that the monitoring station knows the hub under
 * @param zone which relay station, as the monitoring station's list has it; 0 says "not known"
 */
export function eventData(
  format: EventFormat,
  account: string,
  { isTest, answered }: Pick<Notice, 'isTest' | 'answered'>,
  zone: number,
): { id: FrameId; data: string } {
  const isOver = answered !== undefined;
  const code = isOver ? restore : eventCodes[isTest ? 'test' : 'panic'];
  if (format === 'sia') {
    // N: a new event. ri1: area 1, there is but one.
    const place = String(zone).padStart(2, '0');
    return { id: 'SIA-DCS', data: `#${account}|Nri1/${code.sia}${place}` };
  }
  // 1: a new event, 3: a restoral. 01: partition 1, then the zone.
  const qualifier = isOver ? 3 : 1;
  const place = String(zone).padStart(3, '0');
  return { id: 'ADM-CID', data: `#${account}|${qualifier}${code.contactId} 01 ${place}` };
}
