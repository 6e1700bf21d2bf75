import { jobContext, type JobContext } from '@fathom/analyses';
import { ArtifactStore } from '@fathom/artifacts';
import { inlineCrew, referenceEngine } from '@fathom/exact';
import { memoryStore } from '@fathom/store';
import { TenantContexts } from './tenant-contexts.js';

it('every tenant has a context of its own, and what is kept for another is let go of; those of a few tenants stay', async () => {
  const told: string[] = [];
  const make = (tenant: string): JobContext => {
    const context = jobContext(new ArtifactStore(memoryStore()), inlineCrew(referenceEngine));
    const release = (): number => told.push(`${tenant} released`);
    Object.assign(context.codes, { release });
    Object.assign(context.networks, { close: async () => told.push(`${tenant} closed`) });
    return context;
  };
  const contexts = new TenantContexts(make);
  const a = await contexts.of('a');
  expect(await contexts.of('a')).toBe(a);
  expect(told).toEqual([]);
  const b = await contexts.of('b');
  expect(b).not.toBe(a);
  expect(told).toEqual(['a released']);
  await contexts.of('c');
  expect(await contexts.of('a')).toBe(a);
  told.length = 0;
  await contexts.of('d');
  expect(told).toEqual(['b released', 'c released', 'a released', 'b closed']);
  expect(await contexts.of('b')).not.toBe(b);
  told.length = 0;
  contexts.release();
  expect(told.sort()).toEqual(['a released', 'b released', 'd released']);
});
