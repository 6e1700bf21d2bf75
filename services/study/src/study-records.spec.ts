import { operations, study } from '@fathom/contracts';
import { memoryStore } from '@fathom/store';
import { digestOfStudy, StudyRecords, studyName } from './study-records.js';

const spec = study.StudySpec.create({ name: 's', seed: 3 });
const digest = (digit: string): string => digit.repeat(64);

describe('the record of a study', () => {
  it('is read as it was written', async () => {
    const records = new StudyRecords(memoryStore());
    const steps = new Map(
      ['b/codes', 'a/codes'].map((name) => [name, operations.Operation.create({ name, result: { contentDigest: `sha256:${name}` } })]),
    );
    await records.begin(digest('a'), 1, { spec, steps: new Map() });
    await records.write(digest('a'), 1, { spec, steps });
    const read = await records.read(digest('a'));
    expect(read?.spec).toEqual(spec);
    expect([...read!.steps.keys()]).toEqual(['a/codes', 'b/codes']);
    expect(read!.steps.get('b/codes')).toEqual(steps.get('b/codes'));
  });

  it('is listed in order, from a digest on', async () => {
    const store = memoryStore();
    const records = new StudyRecords(store);
    for (const stray of ['b.bak', `${digest('b')}.bak`]) await store.put(`studies/${stray}`, new TextEncoder().encode('{}'));
    for (const digit of ['c', 'a', 'b']) await records.begin(digest(digit), 1, { spec, steps: new Map() });
    const after = async (token: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const each of records.digestsAfter(token)) found.push(each[0]!);
      return found;
    };
    expect(await after('')).toEqual(['a', 'b', 'c']);
    expect(await after(digest('a'))).toEqual(['b', 'c']);
  });

  it('is that of the newest epoch, whatever a process writes that has lost the study to another', async () => {
    const store = memoryStore();
    const records = new StudyRecords(store);
    const steps = new Map([['a/codes', operations.Operation.create({ name: 'a' })]]);
    await records.begin(digest('a'), 1, { spec, steps: new Map() });
    await records.begin(digest('a'), 2, { spec, steps });
    expect(await store.head(`studies/${digest('a')}/00000001`)).toBeUndefined();
    await records.write(digest('a'), 1, { spec, steps: new Map() });
    expect([...(await records.read(digest('a')))!.steps.keys()]).toEqual(['a/codes']);
  });

  it('says what is not there, and what cannot be read', async () => {
    const store = memoryStore();
    expect(await new StudyRecords(store).read(digest('a'))).toBeUndefined();
    await store.put(`studies/${digest('a')}/00000001`, new TextEncoder().encode('{"spec":'));
    await expect(new StudyRecords(store).read(digest('a'))).rejects.toMatchObject({
      reason: 'CORRUPT_DATA',
      metadata: { key: `studies/${digest('a')}` },
    });
  });

  it('goes by a name with the digest in it', () => {
    expect(digestOfStudy(studyName(digest('a')))).toBe(digest('a'));
    for (const name of ['', 'studies/', digest('a'), `operations/${digest('a')}`, `studies/${digest('A')}`])
      expect(() => digestOfStudy(name)).toThrow(/no study is named/);
  });
});
