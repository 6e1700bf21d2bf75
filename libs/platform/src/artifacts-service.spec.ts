import { ArtifactStore } from '@fathom/artifacts';
import { ArtifactClient } from '@fathom/contracts';
import { connect, createLogger, startServer } from '@fathom/service-kit';
import { measuredStore, memoryStore } from '@fathom/store';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactsService } from './artifacts-service.js';

it('a damaged artifact is left out of the pages and logged, and the others are listed', async () => {
  let calls = 0;
  const artifacts = new ArtifactStore(measuredStore(memoryStore(), () => (calls += 1)));
  const arithmetic = { name: 'reference', version: '1', way: 'float64' };
  const provenance = {
    job: 'test',
    requestDigest: '',
    request: {},
    inputs: [],
    codeVersion: '1',
    engine: null,
    arithmetic,
    determinism: 'PORTABLE',
  } as const;
  const digests: string[] = [];
  for (const i of [1, 2, 3, 4]) digests.push(await artifacts.publishTensors({ kind: 'k', attributes: { i }, provenance, tensors: [] }));
  digests.sort();
  const damaged = digests.splice(1, 1)[0]!;
  await artifacts.objects.put(damaged.replace('sha256:', 'artifacts/'), new TextEncoder().encode('{'));
  await artifacts.objects.put('artifacts/readme', new TextEncoder().encode('{'));

  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({ name: 'n', sink: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) } });
  const folder = mkdtempSync(join(tmpdir(), 'fathom-artifacts-'));
  const address = `unix:${join(folder, 'socket')}`;
  const server = await startServer({ name: 'n', address, services: [artifactsService({ artifacts, logger })], logger, insecure: true });
  const client = connect(ArtifactClient, address);
  try {
    const first = await client.listArtifacts({ pageSize: 2, pageToken: '', kind: 'k' });
    const second = await client.listArtifacts({ pageSize: 2, pageToken: first.nextPageToken, kind: '' });
    expect([...first.artifacts, ...second.artifacts].map(({ artifact }) => artifact?.contentDigest)).toEqual(digests);
    expect(second.nextPageToken).toBe('');
    expect(first.artifacts[0]?.provenance).toMatchObject({ engine: '', arithmetic: 'reference 1 (float64)', determinism: 'PORTABLE' });
    expect(lines.filter(({ level }) => level === 'error')).toMatchObject([{ artifact: damaged, error: { message: expect.any(String) } }]);
    jest.spyOn(performance, 'now').mockReturnValue(0);
    calls = 0;
    const asked = { artifact: { contentDigest: digests[0]! } };
    expect(await client.getArtifact(asked)).toEqual(await client.getArtifact(asked));
    expect(calls).toBe(2); // what points to the manifest, and the manifest
    await expect(client.getArtifact({ artifact: { contentDigest: damaged } })).rejects.toMatchObject({ reason: 'CORRUPT_DATA' });
  } finally {
    jest.restoreAllMocks();
    client.close();
    await server.close();
    rmSync(folder, { recursive: true });
  }
});
