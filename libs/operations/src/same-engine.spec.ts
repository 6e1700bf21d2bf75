import { requireSameEngine } from './same-engine.js';

const facts = { name: 'onnxruntime', version: '1.30.0', way: 'u8×s8 in int32' };

describe('the engines of a crew', () => {
  it('are the same in name, version and way', () => {
    expect(() => requireSameEngine(facts, { ...facts })).not.toThrow();
    for (const [field, value] of Object.entries({ name: 'reference', version: '2', way: 'u8×u8 in int32' }))
      expect(() => requireSameEngine(facts, { ...facts, [field]: value })).toThrow(
        'the engines of a crew differ: onnxruntime 1.30.0 (u8×s8 in int32) and',
      );
  });
});
