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
 * @param account the account that the monitoring station knows the hub under
 * @param zone which relay station, as the monitoring station's list has it; 0 says "not known"
 */
export function eventData(
  format: EventFormat,
  account: string,
  { isTest }: Pick<Notice, 'isTest'>,
  zone: number,
): { id: FrameId; data: string } {
  const code = eventCodes[isTest ? 'test' : 'panic'];
  if (format === 'sia') {
    // N: a new event. ri1: area 1, there is but one.
    const place = String(zone).padStart(2, '0');
    return { id: 'SIA-DCS', data: `#${account}|Nri1/${code.sia}${place}` };
  }
  // 1: a new event (3 would be a restoral). 01: partition 1, then the zone.
  const place = String(zone).padStart(3, '0');
  return { id: 'ADM-CID', data: `#${account}|1${code.contactId} 01 ${place}` };
}
