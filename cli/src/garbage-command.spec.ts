import { join } from 'node:path';
import { openStore } from '@fathom/store';
import { expectComplaint, fathom, testFolder } from './run-fathom.fixture.js';
import { filesOf, tinyStudy, writeStudy } from './small-study.fixture.js';

jest.setTimeout(240_000);

const root = testFolder();
const store = join(root, 'store');
const gc = (...args: readonly string[]) => fathom(['artifacts', 'gc', '--store', store, ...args]);

describe('fathom artifacts gc', () => {
  it.each([
    ['--grace', 'soon', 'is no number of days'],
    ['--grace', '-1', 'is no number of days'],
    ['--keep', 'sha256:12', 'is no content digest'],
  ])('refuses %s %s', async (option, value, problem) => {
    expectComplaint(await gc(option, value), 2, [option, problem]);
  });

  it('goes through the store of each tenant by itself', async () => {
    const location = join(root, 'tenants');
    for (const tenant of ['team-a', 'team-b']) await openStore({ location, tenant }).put(`blobs/aa/${'a'.repeat(64)}`, Buffer.from(tenant));
    await openStore({ location, tenant: 'team-a' }).put(`studies/${'b'.repeat(64)}/00000001`, Buffer.from(`"${'a'.repeat(64)}"`));
    const { code, out } = await fathom(['artifacts', 'gc', '--store', location, '--dry-run', '--grace', '0', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([
      { store: location, removed: { 'blobs/': { objects: 0 } } },
      { store: `${location}, tenant team-a`, removed: { 'blobs/': { objects: 0 } } },
      { store: `${location}, tenant team-b`, removed: { 'blobs/': { objects: 1 } } },
    ]);
  });

  it('keeps a study whole, which is run again without computing, and removes the rest', async () => {
    const file = writeStudy(root, tinyStudy());
    const run = () => fathom(['study', 'run', file, '--store', store, '--out', join(root, 'out'), '--json']);
    const { artifact } = JSON.parse((await run()).out) as { artifact: string };
    await openStore(store).put('blobs/aa/' + 'a'.repeat(64), Buffer.from('left by nobody'));
    const dry = await gc('--dry-run', '--grace', '0');
    expect([dry.code, dry.out]).toEqual([0, expect.stringMatching(/blobs\/ +1 objects, 14 bytes would be removed/)]);
    const first = await gc();
    expect([first.code, first.out]).toEqual([0, expect.stringContaining('needed by nothing, but not for long enough')]);
    const removed = await gc('--grace', '0', '--json');
    expect(JSON.parse(removed.out)).toMatchObject([{ removed: { 'blobs/': { objects: 1, bytes: 14 }, 'artifacts/': { objects: 0 } }, lost: [] }]);
    expect((await gc('--grace', '0')).out).toContain('nothing to remove');
    const files = filesOf(store);
    expect(JSON.parse((await run()).out)).toMatchObject({ artifact });
    expect([...filesOf(store).keys()].sort()).toEqual([...files.keys()].sort());
  });
});
