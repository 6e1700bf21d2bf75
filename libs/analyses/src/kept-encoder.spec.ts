import { ArtifactStore, type Artifact } from '@fathom/artifacts';
import { inlineCrew, referenceEngine } from '@fathom/exact';
import { memoryStore } from '@fathom/store';
import { KeptEncoder } from './kept-encoder.js';
import { put } from './run-here.fixture.js';

const artifacts = new ArtifactStore(memoryStore());
const crew = inlineCrew(referenceEngine);

async function dictionary(...data: number[]): Promise<Artifact> {
  const D = { name: 'D', dtype: 'F64', shape: [data.length / 2, 2], data: Float64Array.from(data) } as const;
  return artifacts.open((await put(artifacts, 'dictionary', {}, [D])).contentDigest);
}

describe('the encoder that is kept', () => {
  it('is the same for the same dictionary, until it is released', async () => {
    const [kept, atoms] = [new KeptEncoder(), await dictionary(1, 0)];
    const first = await kept.get(atoms, crew);
    expect(await kept.get(await dictionary(1, 0), crew)).toBe(first);
    kept.release();
    expect(await kept.get(atoms, crew)).not.toBe(first);
  });

  it('is another one for another dictionary', async () => {
    const kept = new KeptEncoder();
    const encode = async (atoms: Artifact) => [...(await (await kept.get(atoms, crew)).encode(Float64Array.of(0, 1), 1, crew)).codes].map(Math.round);
    expect(await encode(await dictionary(1, 0))).toEqual([0]);
    expect(await encode(await dictionary(1, 0, 0, 1))).toEqual([0, 1]);
  });

  it('is not the failure of an earlier try', async () => {
    const [kept, atoms] = [new KeptEncoder(), await dictionary(1, 0)];
    const broken = { digest: atoms.digest, tensor: () => Promise.reject(new Error('gone')) } as unknown as Artifact;
    await expect(kept.get(broken, crew)).rejects.toThrow('gone');
    expect(await kept.get(atoms, crew)).toBeDefined();
  });
});
