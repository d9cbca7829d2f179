/** What an alarm is called by its station, whatever number the hub has given it. */
export interface NamedAlarm {
  readonly station: string;
  readonly epoch: string;
  readonly seq: number;
}

/**
 * Names a notice for good. A hub that is put back to a backup gives the number of one alarm to another,
 * and comes to the rungs of one alarm a second time: a receiver that drops what it knows already must
 * drop neither.
 * @param what the rung, or the answer
 * @param atMs when the alarm came there by the hub's clock, as its history or its row has it
 */
export const noticeId = (
  { station, epoch, seq }: NamedAlarm,
  what: string,
  atMs: number,
  notifier: string,
): string => `alarm-${station}-${epoch}-${seq}-${what}-${atMs}-${notifier}`;
