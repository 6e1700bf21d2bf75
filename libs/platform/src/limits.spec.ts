import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfig } from './config.js';
import { LIMITS } from './limits.js';

describe('limits', () => {
  it('have defaults, and each can be set alone', () => {
    expect(loadConfig({ env: {} }).limits).toEqual(LIMITS);
    expect(loadConfig({ env: {}, overrides: { limits: { imagePixels: 5 } } }).limits).toEqual({ ...LIMITS, imagePixels: 5 });
  });

  it('are all in docs/security.md, each with its key', () => {
    const page = readFileSync(resolve(__dirname, '../../../docs/security.md'), 'utf8');
    const [tables] = /## Limits\n([\s\S]*?)\n## /.exec(page)!.slice(1);
    const keys = [...tables!.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key);
    expect(keys.sort()).toEqual(Object.keys(LIMITS).sort());
  });

  it.each<[string, unknown, string]>([
    ['limits.folds', { folds: 101 }, 'is out of range (got 101); accepted: a whole number from 5 to 100'],
    ['limits.pageEntries', { pageEntries: 99 }, 'is out of range (got 99); accepted: a whole number from 100 to 1000'],
    ['limits.codeAtoms', { codeAtoms: 16_385 }, 'a whole number from 1 to 16384'],
    ['limits.modelMemoryBytes', { modelMemoryBytes: 2 ** 28 - 1 }, 'a whole number from 268435456'],
    ['limits', [], 'is no object'],
    ['limits.imagePixel', { imagePixel: 5 }, 'is no setting'],
    ['limits.imagePixels', { imagePixels: 0 }, 'is out of range (got 0); accepted: a whole number from 1 to 1073741824'],
    ['limits.imagePixels', { imagePixels: '5' }, 'is out of range'],
    ['limits.modelBytes', { modelBytes: 2 ** 31 }, 'is out of range'],
    ['limits.messageBytes', { messageBytes: 1023 }, 'a whole number from 1024'],
  ])('are refused where %s is wrong', (field, limits, message) => {
    expect(() => loadConfig({ env: {}, overrides: { limits } })).toThrow(
      expect.objectContaining({ name: 'InputError', field, message: expect.stringContaining(message) }),
    );
  });
});
