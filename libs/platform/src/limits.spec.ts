import { loadConfig } from './config.js';
import { LIMITS } from './limits.js';

describe('limits', () => {
  it('have defaults, and each can be set alone', () => {
    expect(loadConfig({ env: {} }).limits).toEqual(LIMITS);
    expect(loadConfig({ env: {}, overrides: { limits: { imagePixels: 5 } } }).limits).toEqual({ ...LIMITS, imagePixels: 5 });
  });

  it.each<[string, unknown, string]>([
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
