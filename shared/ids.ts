import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** Crockford's base 32 without i, l, o, u: no character that a person reading it aloud mistakes. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

const randomText = (length: number): string =>
  Array.from(randomBytes(length), (byte) => alphabet[byte & 31]).join('');

const idSchema = (prefix: string, length: number) =>
  z.string().regex(new RegExp(`^${prefix}-[${alphabet}]{${length}}$`), `expected ${prefix}-…`);

/** Station: 40 random bits behind the prefix, short enough to be written on the unit. */
export const stationIdSchema = idSchema('st', 8);
export const newStationId = (): string => `st-${randomText(8)}`;

/** Volunteer: the pseudonym that stands in feeds and logs. */
export const volunteerIdSchema = idSchema('vo', 8);
export const newVolunteerId = (): string => `vo-${randomText(8)}`;

/** Team of volunteers. */
export const teamIdSchema = idSchema('tm', 8);
export const newTeamId = (): string => `tm-${randomText(8)}`;

/** Epoch: one per journal file, 80 random bits, so that two SD cards never share one. */
export const epochSchema = idSchema('ep', 16);
export const newEpoch = (): string => `ep-${randomText(16)}`;

/** Session: one per connection of a station or a hub to the broker. */
export const sessionSchema = idSchema('se', 12);
export const newSession = (): string => `se-${randomText(12)}`;

/** Test request: one per test that an operator asks a station for, so that none is done twice. */
export const testRequestSchema = idSchema('te', 12);
export const newTestRequest = (): string => `te-${randomText(12)}`;

/** Row of the hub's outbox, beside its number: 40 random bits tell apart those of one number. */
export const newRowName = (): string => randomText(8);

/** Enrolment: one per card that an operator waits for at a station. */
export const enrolRequestSchema = idSchema('en', 12);
export const newEnrolRequest = (): string => `en-${randomText(12)}`;

/** A secret key of 256 bits, base64url. */
export const newKey = (): string => randomBytes(32).toString('base64url');
export const keySchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected 32 bytes as base64url');
