import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { SettingsError } from '../../shared/settings/settings-file.ts';

/** The certificate chain and the private key of a door for stations, as PEM texts. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

type Door = 'mqtt' | 'stationHttp';

interface TlsNames {
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Reads what `tls` of a door in hub.json names; relative names are below the data folder.
 * @throws SettingsError that names every file that cannot be read, or says why both do not go together
 */
export function readTlsFiles(dataDir: string, door: Door, names: TlsNames): TlsPair {
  const { pair, faults } = tryTlsFiles(dataDir, door, names);
  if (faults.length > 0) throw new SettingsError(join(dataDir, 'hub.json'), faults);
  return pair;
}

/** @returns what a start would refuse of the files that `tls` of a door names */
export const tlsFaults = (dataDir: string, door: Door, names: TlsNames): string[] =>
  tryTlsFiles(dataDir, door, names).faults;

function tryTlsFiles(
  dataDir: string,
  door: Door,
  names: TlsNames,
): { pair: TlsPair; faults: string[] } {
  const faults: string[] = [];
  const read = (setting: 'certFile' | 'keyFile'): string => {
    const file = resolve(dataDir, names[setting]);
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      faults.push(`${door}.tls.${setting}: ${file} cannot be read (${reasonOf(error)})`);
      return '';
    }
  };
  const pair = { cert: read('certFile'), key: read('keyFile') };
  if (faults.length === 0) {
    try {
      createSecureContext(pair);
    } catch (error) {
      const { certFile, keyFile } = names;
      faults.push(
        `${door}.tls: ${certFile} and ${keyFile} are no use together (${reasonOf(error)})`,
      );
    }
  }
  return { pair, faults };
}

/** @returns the code where there is one: the messages of OpenSSL and of the file system repeat the path or say less. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}
