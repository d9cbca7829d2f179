/** What a notifier is told of the scheme that it works for. */
export interface Surroundings {
  /** IANA name of the time zone in which people read times. */
  readonly timeZone: string;
}
