import { type Logger, pino } from 'pino';

export type Log = Logger;

/** Whatever slips into a log line under these names is replaced: keys, passwords and card UIDs never show. */
const secretPaths = ['uid', 'key', 'macKey', 'schemeKey', 'password'].flatMap((name) => [
  name,
  `*.${name}`,
]);

/** @param name which program writes. Lines are JSON on standard error; standard output is for answers. */
export function createLog(name: string, level = process.env['YIZHAN_LOG'] ?? 'info'): Log {
  return pino(
    { name, level, base: { name }, redact: { paths: secretPaths, censor: '[secret]' } },
    pino.destination(2),
  );
}
