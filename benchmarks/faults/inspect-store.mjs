/** Looks at every object of the bucket, past the proxies: whether it is whole, and whether anything lies there that does not belong there. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TextDecoder } from 'node:util';
import { BUCKET } from './store-process.mjs';

const { ArtifactStore } = (await import('../../libs/artifacts/dist/index.js')).default;
const { openStore } = (await import('../../libs/store/dist/index.js')).default;

const OF_A_TENANT = /^tenants\/[^/]+\//;
const KNOWN = {
  blob: /^blobs\/[0-9a-f]{2}\/[0-9a-f]{64}$/,
  document: /^(artifacts\/[0-9a-f]{64}|results\/[0-9a-f]{64}|parts\/[0-9a-f]{64}\/.+)$/,
  operation: /^operations\/[0-9a-f]{64}\/[0-9]{8}$/,
  study: /^studies\/[0-9a-f]{64}\/[0-9]{8}$/,
};

/** What is wrong with the store of a house after a study, in words, and how many objects there are. */
export async function inspectStore(house) {
  const s3 = { endpoint: house.store.endpoint, ...house.store.access };
  const store = openStore({ location: `s3://${BUCKET}`, s3 });
  const wrong = [];
  const roots = new Set();
  const newest = new Map();
  let objects = 0;
  for await (const { key } of store.list('')) {
    objects += 1;
    const root = OF_A_TENANT.exec(key)?.[0] ?? '';
    const name = key.slice(root.length);
    roots.add(root);
    const kind = Object.keys(KNOWN).find((each) => KNOWN[each].test(name));
    if (kind === undefined) {
      wrong.push(`${key} is of no known kind`);
      continue;
    }
    try {
      const bytes = await store.get(key);
      if (kind === 'blob' && createHash('sha256').update(bytes).digest('hex') !== name.slice(-64)) wrong.push(`${key} holds other bytes`);
      const read = kind === 'blob' ? undefined : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
      // Keys come in order, so that the last epoch is the newest.
      if (kind === 'operation') newest.set(key.slice(0, -9), read);
    } catch (error) {
      wrong.push(`${key} cannot be read: ${error.message}`);
    }
  }
  for (const [key, { state, job }] of newest) if (state !== 'SUCCEEDED') wrong.push(`${key} (${job}) is ${state}`);
  for (const root of roots) wrong.push(...(await damagedArtifacts(s3, root)));
  const uploads = join(house.store.data, '.minio.sys/multipart');
  for (const name of readdirSync(uploads, { recursive: true })) wrong.push(`an upload has not ended: ${name}`);
  for (const name of readdirSync(house.temporary)) wrong.push(`a temporary file is left: ${name}`);
  return { objects, wrong };
}

async function damagedArtifacts(s3, root) {
  const wrong = [];
  const artifacts = new ArtifactStore(openStore({ location: `s3://${BUCKET}/${root}`.replace(/\/$/, ''), s3 }));
  for await (const { digest } of artifacts.list()) {
    const artifact = await artifacts.open(digest);
    for (const name of Object.keys(artifact.tensors)) await artifact.tensor(name).catch((error) => wrong.push(`${digest}: ${error.message}`));
  }
  return wrong;
}
