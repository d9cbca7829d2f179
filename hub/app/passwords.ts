import { pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The form of Mosquitto's password files (mosquitto_passwd(1), PBKDF2 with SHA-512), so that a
 * station's account can be handed to a Mosquitto as it stands. Its 101 rounds are few for a
 * password that a person made up; these are random keys of 256 bits, which nobody guesses.
 */
const rounds = 101;
const saltBytes = 12;
const hashBytes = 64;

const derive = (password: string, salt: Buffer, iterations: number): Buffer =>
  pbkdf2Sync(password, salt, iterations, hashBytes, 'sha512');

/** @param password a random key, not one that a person made up */
export function hashPassword(password: string): string {
  const salt = randomBytes(saltBytes);
  const hash = derive(password, salt, rounds);
  return `$7$${rounds}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

/** @param stored what `hashPassword` made */
export function verifyPassword(password: string, stored: string): boolean {
  const [, kind, iterations = '', salt = '', hash = ''] = stored.split('$');
  if (kind !== '7') return false;
  const expected = Buffer.from(hash, 'base64');
  const given = derive(password, Buffer.from(salt, 'base64'), Number(iterations));
  return given.length === expected.length && timingSafeEqual(given, expected);
}
