import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { InputError } from '@fathom/errors';
import type { experimental } from '@grpc/grpc-js';

/** Files of a certificate (chain), its key, and the authorities that others' certificates must come from; PEM. */
export interface CertificateFiles {
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly caFile?: string | undefined;
}

type Provider = experimental.CertificateProvider;
type CaListener = Parameters<Provider['addCaCertificateListener']>[0];
type IdentityListener = Parameters<Provider['addIdentityCertificateListener']>[0];
type Contents = Readonly<Partial<Record<keyof CertificateFiles, Buffer>>>;

const REFRESH_MS = 10_000;

/** Certificates for gRPC, read again every ten seconds: new connections get what has changed. A set that does not fit together is not taken over. */
export class Certificates implements Provider {
  readonly #caListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();
  #contents: Contents;
  #timer: NodeJS.Timeout | undefined;

  /**
   * Reads the files. Throws an InputError where they cannot be read or do not fit together.
   * @param field of the configuration, such as "tls"
   * @param onRefused told where changed files cannot be used
   */
  constructor(
    private readonly field: string,
    private readonly files: CertificateFiles,
    private readonly onRefused: (error: unknown) => void,
    private readonly refreshMs = REFRESH_MS,
  ) {
    this.#contents = read(field, files);
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#caListeners.add(listener);
    this.#watch();
    process.nextTick(() => listener(this.#ca));
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
    this.#watch();
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    this.#watch();
    process.nextTick(() => listener(this.#identity));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
    this.#watch();
  }

  get #ca(): Parameters<CaListener>[0] {
    const { caFile } = this.#contents;
    return caFile ? { caCertificate: caFile } : null;
  }

  get #identity(): Parameters<IdentityListener>[0] {
    const { certFile, keyFile } = this.#contents;
    return certFile && keyFile ? { certificate: certFile, privateKey: keyFile } : null;
  }

  #watch(): void {
    if (this.#caListeners.size + this.#identityListeners.size > 0) {
      this.#timer ??= setInterval(() => this.#refresh(), this.refreshMs).unref();
    } else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #refresh(): void {
    let contents: Contents;
    try {
      contents = read(this.field, this.files);
    } catch (error) {
      return this.onRefused(error);
    }
    if (same(contents, this.#contents)) return;
    this.#contents = contents;
    for (const listener of this.#caListeners) listener(this.#ca);
    for (const listener of this.#identityListeners) listener(this.#identity);
  }
}

function read(field: string, files: CertificateFiles): Contents {
  const contents: Partial<Record<keyof CertificateFiles, Buffer>> = {};
  for (const [name, path] of Object.entries(files) as [keyof CertificateFiles, string | undefined][]) {
    if (path === undefined) continue;
    try {
      contents[name] = readFileSync(path);
    } catch (cause) {
      throw new InputError({ field: `${field}.${name}`, problem: 'cannot be read', value: path, accepted: 'a PEM file', cause });
    }
  }
  const { certFile: cert, keyFile: key, caFile: ca } = contents;
  if ((cert === undefined) !== (key === undefined))
    throw new InputError({ field, problem: 'has only one of certFile and keyFile', accepted: 'both, which belong together' });
  try {
    createSecureContext({ cert, key, ca });
  } catch (cause) {
    // What OpenSSL says may be a line of the key.
    throw new InputError({
      field,
      problem: 'its files are no certificates, or the key is not that of the certificate',
      accepted: 'PEM files',
      cause,
    });
  }
  return contents;
}

function same(left: Contents, right: Contents): boolean {
  return (['certFile', 'keyFile', 'caFile'] as const).every((name) => (left[name] ?? Buffer.alloc(0)).equals(right[name] ?? Buffer.alloc(0)));
}
