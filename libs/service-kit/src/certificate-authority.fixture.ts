import { generateKeyPairSync, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';

/** A certificate of a test and its key, as files. */
export interface Issued {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The years that a certificate is valid from and to; no test will see their ends. */
export type Years = readonly [from: number, to: number];

const NOW: Years = [2020, 2099];

/** An authority that signs certificates (X.509 v3, ECDSA on P-256) into a folder, with nothing but Node. */
export class CertificateAuthority {
  readonly caFile: string;
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #name: string;
  readonly #folder: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    const der = certificate({ subject: name, issuer: name, key: this.#keys.publicKey, signer: this.#keys.privateKey, years: NOW, names: [] });
    this.caFile = write(folder, `${name}.crt`, pem('CERTIFICATE', der));
  }

  /** A certificate for host names and addresses. */
  issue(subject: string, names: readonly string[] = ['127.0.0.1', 'localhost'], years = NOW): Issued {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const der = certificate({ subject, issuer: this.#name, key: publicKey, signer: this.#keys.privateKey, years, names });
    new X509Certificate(der); // reads it, or throws
    return {
      certFile: write(this.#folder, `${subject}.crt`, pem('CERTIFICATE', der)),
      keyFile: write(this.#folder, `${subject}.key`, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string),
    };
  }
}

interface Contents {
  readonly subject: string;
  readonly issuer: string;
  readonly key: KeyObject;
  readonly signer: KeyObject;
  readonly years: Years;
  /** None for an authority. */
  readonly names: readonly string[];
}

/** RFC 5280, in DER. */
function certificate({ subject, issuer, key, signer, years, names }: Contents): Buffer {
  const algorithm = sequence(oid('2a8648ce3d040302')); // ecdsa-with-SHA256
  const extension =
    names.length === 0
      ? sequence(oid('551d13'), tagged(0x01, Buffer.from([0xff])), octets(sequence(tagged(0x01, Buffer.from([0xff]))))) // an authority
      : sequence(oid('551d11'), octets(sequence(...names.map(alternativeName))));
  const serial = randomBytes(8);
  serial[0] = 1;
  const contents = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, serial),
    algorithm,
    distinguished(issuer),
    sequence(...years.map(newYear)),
    distinguished(subject),
    key.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(extension)),
  );
  return sequence(contents, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', contents, signer)])));
}

function alternativeName(name: string): Buffer {
  return isIP(name) === 4 ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name));
}

function distinguished(name: string): Buffer {
  return sequence(tagged(0x31, sequence(oid('550403'), tagged(0x0c, Buffer.from(name)))));
}

/** The beginning of a year, as UTCTime before 2050 and as GeneralizedTime from then on. */
function newYear(year: number): Buffer {
  return year < 2050 ? tagged(0x17, Buffer.from(`${String(year).slice(2)}0101000000Z`)) : tagged(0x18, Buffer.from(`${year}0101000000Z`));
}

function oid(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

function octets(contents: Buffer): Buffer {
  return tagged(0x04, contents);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, contents: Buffer): Buffer {
  const { length } = contents;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), contents]);
}

function pem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString('base64').replaceAll(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;
}

function write(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
