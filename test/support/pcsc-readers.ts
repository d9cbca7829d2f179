import { fileURLToPath } from 'node:url';
import { PcscReader } from '../../device/reader/pcsc-reader.ts';
import { createLog } from '../../shared/log.ts';
import type { Pcscd } from './pcscd.ts';

export const log = createLog('test', 'silent');
export const timeoutMs = 20_000;
/** pcscd looks for cards every 400 ms: an absence shorter than that never happened for it. */
export const absenceNoticedMs = 1_500;

export function readerFor(pcscd: Pcscd, heartbeatTimeoutMs = timeoutMs): PcscReader {
  const childEnv = { PCSCLITE_CSOCK_NAME: pcscd.socketPath };
  return new PcscReader({ log, childEnv, heartbeatTimeoutMs });
}

/** @param fault see faulty-pcsc-child.js */
export function faultyReaderFor(pcscd: Pcscd, fault: string): PcscReader {
  const childPath = fileURLToPath(new URL('./faulty-pcsc-child.js', import.meta.url));
  const childEnv = { PCSCLITE_CSOCK_NAME: pcscd.socketPath, YIZHAN_FAULT: fault };
  return new PcscReader({ log, childPath, childEnv, heartbeatTimeoutMs: timeoutMs });
}
