import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from '@fathom/artifacts';
import { FathomError, InputError, type Control } from '@fathom/errors';
import { canonicalJson, sha256Hex } from '@fathom/tensors';

/** A file that a client announces. */
export interface UploadedFile {
  /** No path. */
  readonly name: string;
  readonly bytes: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** How much all uploads of a store may hold. */
export interface UploadQuota {
  readonly uploads: number;
  readonly allUploadsBytes: number;
}

/** How long an upload is to be kept. */
export interface Lifetime {
  /** The time in milliseconds since 1970. */
  readonly now: number;
  /** From then on. */
  readonly seconds: number;
}

/** What is kept of an upload beside its files. */
interface UploadRecord {
  readonly files: readonly UploadedFile[];
  /** When it may be removed, in milliseconds since 1970. */
  readonly expires: number;
}

type Objects = ArtifactStore['objects'];

const RECORDS = 'uploads/records/';
const FILES = 'uploads/files/';
const NAME = /^uploads\/([0-9a-f]{64})$/;
const BYTES_AT_ONCE = 2 ** 25;

/**
 * Files that clients put into a store. The record of an upload is written before the first of its files can come, and removed after the
 * last has gone, so that nothing is forgotten.
 */
export class Uploads {
  constructor(private readonly objects: Objects) {}

  /**
   * Begins or goes on with the upload of files, and removes those whose time is over.
   *
   * @returns its name, which follows from the files
   * @throws FathomError RESOURCE_EXHAUSTED where it would go beyond the quota
   */
  async begin(files: readonly UploadedFile[], lifetime: Lifetime, quota: UploadQuota): Promise<string> {
    const digest = sha256Hex(canonicalJson([...files].sort((a, b) => (a.name < b.name ? -1 : 1)).map((file) => ({ ...file }))));
    let [uploads, bytes] = [1, sizeOf(files)];
    for await (const { key } of this.objects.list(RECORDS)) {
      const other = key.slice(RECORDS.length);
      const record = other === digest ? undefined : await this.record(other);
      if (!record) continue;
      if (record.expires <= lifetime.now) await this.remove(`uploads/${other}`);
      else [uploads, bytes] = [uploads + 1, bytes + sizeOf(record.files)];
    }
    if (uploads > quota.uploads || bytes > quota.allUploadsBytes)
      throw new FathomError(
        'RESOURCE_EXHAUSTED',
        `there would be ${uploads} uploads with ${bytes} bytes, and there may be ${quota.uploads} with ${quota.allUploadsBytes}; remove some with DeleteUpload, or wait until they expire`,
        { metadata: { uploads: String(uploads), bytes: String(bytes) } },
      );
    await this.write(digest, files, lifetime);
    return `uploads/${digest}`;
  }

  /** Keeps an upload for longer; nothing happens where there is none. */
  async prolong(name: string, lifetime: Lifetime): Promise<void> {
    const record = await this.record(uploadDigest(name));
    if (record) await this.write(uploadDigest(name), record.files, lifetime);
  }

  /** Those of the files that are not there in their size. */
  async missing(name: string, files: readonly UploadedFile[]): Promise<UploadedFile[]> {
    const there = new Map<string, number>();
    const folder = `${FILES}${uploadDigest(name)}/`;
    for await (const { key, size } of this.objects.list(folder)) there.set(key.slice(folder.length), size);
    return files.filter(({ sha256, bytes }) => there.get(sha256) !== bytes);
  }

  /** Key of a file's object. */
  key(name: string, { sha256 }: UploadedFile): string {
    return `${FILES}${uploadDigest(name)}/${sha256}`;
  }

  /** Removes an upload; nothing happens where there is none. */
  async remove(name: string): Promise<void> {
    const digest = uploadDigest(name);
    for await (const { key } of this.objects.list(`${FILES}${digest}/`)) await this.objects.delete(key);
    await this.objects.delete(RECORDS + digest);
  }

  /**
   * Writes files of an upload into a folder, under their names, each checked against its size and SHA-256. A file with other bytes is
   * removed from the upload, so that it can be put again.
   *
   * @param wanted names of files; undefined for all
   * @throws FathomError NOT_FOUND where there is no such upload; InputError naming a file that it does not have, that has not been put, or that is another
   */
  async fetch(name: string, wanted: readonly string[] | undefined, folder: string, control: Control): Promise<void> {
    const record = await this.record(uploadDigest(name));
    if (!record) throw new FathomError('NOT_FOUND', `there is no ${name}, or no longer; create it again`, { metadata: { upload: name } });
    const files = wanted === undefined ? record.files : [...new Set(wanted)].map((each) => fileNamed(record, each));
    const [absent] = await this.missing(name, files);
    if (absent)
      throw new InputError({
        field: absent.name,
        problem: 'has not been put, or is no longer there',
        accepted: `${absent.bytes} bytes at the URL that CreateUpload returns`,
      });
    for (const file of files) await this.fetchFile(this.key(name, file), file, join(folder, file.name), control);
  }

  private async fetchFile(key: string, { name, bytes, sha256 }: UploadedFile, path: string, control: Control): Promise<void> {
    const hash = createHash('sha256');
    const out = await open(path, 'wx', 0o600);
    try {
      for (let offset = 0; offset < bytes; offset += BYTES_AT_ONCE) {
        control.throwIfCancelled();
        const piece = await this.objects.get(key, { offset, length: Math.min(BYTES_AT_ONCE, bytes - offset) });
        hash.update(piece);
        await out.writeFile(piece);
      }
    } finally {
      await out.close();
    }
    const found = hash.digest('hex');
    if (found === sha256) return;
    await this.objects.delete(key);
    throw new InputError({ field: name, problem: 'has another SHA-256 than was announced', value: found, accepted: `${sha256}; put it again` });
  }

  private async write(digest: string, files: readonly UploadedFile[], { now, seconds }: Lifetime): Promise<void> {
    const record: UploadRecord = { files, expires: now + 1000 * seconds };
    await this.objects.put(RECORDS + digest, new TextEncoder().encode(JSON.stringify(record)));
  }

  private async record(digest: string): Promise<UploadRecord | undefined> {
    try {
      return JSON.parse(new TextDecoder().decode(await this.objects.get(RECORDS + digest))) as UploadRecord;
    } catch (error) {
      if (FathomError.from(error).reason === 'NOT_FOUND') return undefined;
      throw error;
    }
  }
}

/** The digits in an upload's name. @throws InputError */
export function uploadDigest(name: string): string {
  const digest = NAME.exec(name)?.[1];
  if (digest === undefined)
    throw new InputError({
      field: 'upload',
      problem: name === '' ? 'is missing' : 'is no upload',
      value: name,
      accepted: '"uploads/" and 64 hexadecimal digits, as CreateUpload returns it',
    });
  return digest;
}

function fileNamed({ files }: UploadRecord, name: string): UploadedFile {
  const file = files.find((each) => each.name === name);
  if (file) return file;
  throw new InputError({ field: 'file', problem: 'is not in the upload', value: name, accepted: files.map((each) => each.name).join(', ') });
}

function sizeOf(files: readonly UploadedFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
