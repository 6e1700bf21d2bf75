import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openStore } from './open-store.js';

const s3 = { endpoint: 'http://127.0.0.1:9000', accessKey: 'key', secretKey: 'secret' };

describe('a store is opened', () => {
  it('in a folder, by path or URL', () => {
    const path = join(tmpdir(), 'a store');
    expect(openStore(path).name).toBe(path);
    expect(openStore({ location: pathToFileURL(path).href }).name).toBe(path);
    expect(openStore('relative').name).toBe(join(process.cwd(), 'relative'));
  });

  it('in a bucket, under a prefix', () => {
    expect(openStore({ location: 's3://bucket/some/prefix/', s3 }).name).toBe('s3://bucket/some/prefix at http://127.0.0.1:9000');
    expect(openStore({ location: 's3://bucket', s3 }).name).toBe('s3://bucket/ at http://127.0.0.1:9000');
  });

  it('for one tenant', () => {
    expect(openStore({ location: 's3://bucket', s3, tenant: 'a' }).name).toBe('s3://bucket/ at http://127.0.0.1:9000, tenant a');
    expect(() => openStore({ location: 'folder', tenant: '../a' })).toThrow('tenant: is no name of a tenant');
  });

  it.each(['', 'http://host/x', 'gs://bucket', 'file://host/path', 'a\0b'])('but not at %j', (location) => {
    expect(() => openStore(location)).toThrow('store: not a location');
  });

  it('in a bucket only with credentials', () => {
    expect(() => openStore('s3://bucket')).toThrow(
      'store: no access to the S3 service is configured (got s3://bucket); accepted: endpoint, accessKey and secretKey under s3',
    );
    expect(() =>
      openStore({
        location: 's3://Bucket/a//b',
        s3: { ...s3, endpoint: 'host:9000', accessKey: '', deadlineMs: 0, attempts: 1.5, patienceMs: -1, partBytes: 1, parallelParts: 0 },
      }),
    ).toThrow(
      'accepted: endpoint (https://host or http://host:port); accessKey (text); bucket (3 to 63 of a-z 0-9 . -); prefix (A-Z a-z 0-9 . _ - in parts separated by /); deadlineMs (an integer above 0); attempts (an integer above 0); patienceMs (an integer of at least 0); partBytes (an integer of at least 5242880); parallelParts (an integer above 0)',
    );
  });

  it('and what is wrong is said without the secret', () => {
    expect(() => openStore({ location: 's3://b', s3: { ...s3, secretKey: 'hush' } })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hush') as string }) as Error,
    );
  });
});
