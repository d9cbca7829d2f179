import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];

/** A certificate authority of a test's own, and one certificate from it for 127.0.0.1, as PEM files. */
export class TestAuthority {
  readonly folder: string;
  readonly certFile: string;
  readonly keyFile: string;

  /** @throws when the `openssl` command, 3.0 or newer, is missing or fails. */
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'yizhan-tls-'));
    this.certFile = join(this.folder, 'hub.pem');
    this.keyFile = join(this.folder, 'hub.key');
    const [ca, caKey] = [join(this.folder, 'ca.pem'), join(this.folder, 'ca.key')];
    make(['-keyout', caKey, '-out', ca, '-subj', '/CN=Authority of a test']);
    const names = ['-subj', '/CN=hub', '-addext', 'subjectAltName=IP:127.0.0.1'];
    make(['-CA', ca, '-CAkey', caKey, '-keyout', this.keyFile, '-out', this.certFile, ...names]);
  }

  /** PEM text of the authority's own certificate. */
  get ca(): string {
    return readFileSync(join(this.folder, 'ca.pem'), 'utf8');
  }

  get tls(): { readonly cert: string; readonly key: string } {
    return {
      cert: readFileSync(this.certFile, 'utf8'),
      key: readFileSync(this.keyFile, 'utf8'),
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

function make(options: readonly string[]): void {
  execFileSync('openssl', ['req', '-x509', ...newKey, '-days', '2', ...options], { stdio: 'pipe' });
}
