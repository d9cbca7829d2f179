/**
 * Limits of the wire. Both sides hold to them; what is larger is refused before it is parsed.
 */

/** A batch of 200 entries of the longest kind stays well below this; a flood of junk does not fit. */
export const messageBytesMax = 256 * 1024;

/** Routine entries in one journal message. One such message is all that an alarm ever waits behind. */
export const entriesPerMessageMax = 200;

/** One entry as JSON. A check-in takes about 250 bytes. */
export const entryBytesMax = 1024;

/** Alarms a station can have latched at once and ask after in its presence. */
export const latchedAlarmsMax = 50;

/**
 * How often a station says that it is there, unless the hub tells it to speak more often: three times
 * within the 90 s after which its silence is trouble, with some seconds for the way and for the look.
 */
export const announceEveryDefaultMs = 29_000;
export const announceEveryMinMs = 5_000;
export const announceEveryMaxMs = 30_000;

/** How long an operator may wait for a card at a station: a person stands there with it. */
export const enrolForMinMs = 5_000;
export const enrolForMaxMs = 300_000;

/** Characters of a station's name as another station is told it; a longer one is cut there. */
export const stationNameMax = 100;

/** Sequences start at 1 and stay exact integers in JSON. */
export const sequenceMax = Number.MAX_SAFE_INTEGER;

/**
 * One message of the alarm lane by a path other than the broker, and the answer to it: one entry, the
 * envelope around it (about 600 bytes), and room for members that are not known yet.
 */
export const alarmMessageBytesMax = 4 * 1024;
