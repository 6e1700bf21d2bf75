import { ArtifactStore } from '@fathom/artifacts';
import { memoryStore } from '@fathom/store';
import { digestOf, openKind, requireSize, requireTensor, resolveRows, wholeNumber } from './artifact-fields.js';
import { normaliseProbe } from './probe-request.js';
import { normaliseMasking, normaliseNoise } from './robustness-request.js';

const wrong = (field: string) => expect.objectContaining({ name: 'InputError', field });

describe('fields of a request', () => {
  it('a reference is a content digest', () => {
    const contentDigest = `sha256:${'a'.repeat(64)}`;
    expect(digestOf('codes', { contentDigest })).toBe(contentDigest);
    for (const given of [
      undefined,
      { contentDigest: '' },
      { contentDigest: 'a'.repeat(64) },
      { contentDigest: contentDigest.toUpperCase() },
      { contentDigest: `${contentDigest}\n` },
    ])
      expect(() => digestOf('codes', given)).toThrow(wrong('codes.content_digest'));
  });

  it('an artifact is of the kind that is asked for, with the tensor that is named', async () => {
    const artifacts = new ArtifactStore(memoryStore());
    const provenance = {
      job: 'j',
      requestDigest: '0'.repeat(64),
      request: {},
      inputs: [],
      codeVersion: '0',
      engine: null,
      determinism: 'PORTABLE' as const,
    };
    const contentDigest = await artifacts.publishTensors({
      kind: 'codes',
      attributes: {},
      tensors: [{ name: 'z', dtype: 'F32', shape: [1, 1], data: new Float32Array(1) }],
      provenance,
    });
    const opened = await openKind(artifacts, 'codes', { contentDigest }, 'codes');
    await expect(openKind(artifacts, 'dictionary', { contentDigest }, 'dictionary')).rejects.toEqual(wrong('dictionary'));
    requireTensor(opened, 'layer', 'z');
    expect(() => requireTensor(opened, 'layer', 'toString')).toThrow(wrong('layer'));
  });

  it('rows lie within those that there are; a count of 0 means all the rest', () => {
    expect(resolveRows('rows', undefined, 10)).toEqual({ first: 0, count: 10 });
    expect(resolveRows('rows', { first: 4, count: 0 }, 10)).toEqual({ first: 4, count: 6 });
    expect(resolveRows('rows', { first: 4, count: 6 }, 10)).toEqual({ first: 4, count: 6 });
    for (const range of [
      { first: 4, count: 7 },
      { first: 10, count: 0 },
      { first: 11, count: 1 },
    ])
      expect(() => resolveRows('rows', range, 10)).toThrow(wrong('rows'));
  });

  it('numbers lie within their bounds, 0 standing for a default where there is one', () => {
    expect(wholeNumber('n', 0, { least: 2, most: 5, zero: 3 })).toBe(3);
    expect(wholeNumber('n', 5, { least: 2, most: 5 })).toBe(5);
    for (const value of [0, 1, 6, 2.5, NaN]) expect(() => wholeNumber('n', value, { least: 2, most: 5 })).toThrow(wrong('n'));
    expect(() => requireSize('codes', 'features', 2, 3)).toThrow(/codes: .*\(got 2\); accepted: 3 features/);
  });
});

describe('options of measures', () => {
  it('are filled in once and then stay', () => {
    for (const fill of [normaliseProbe, normaliseNoise, normaliseMasking] as ((given: undefined) => never)[])
      expect(fill(fill(undefined))).toEqual(fill(undefined));
  });

  it('are refused by the name of their field, wherever they stand', () => {
    const probe = { folds: 5, alphas: [], nullSeed: 0, withoutPublished: false, bits: 0 };
    expect(() => normaliseProbe({ ...probe, folds: 2 }, 'spec.probe')).toThrow(wrong('spec.probe.folds'));
    for (const alphas of [[0], [0.1, 0.1], [NaN], [Infinity]]) expect(() => normaliseProbe({ ...probe, alphas })).toThrow(wrong('probe.alphas'));
    expect([0, 16, 24].map((bits) => normaliseProbe({ ...probe, bits }).bits)).toEqual([16, 16, 24]);
    for (const bits of [1, 8, 32]) expect(() => normaliseProbe({ ...probe, bits }, 'spec.probe')).toThrow(wrong('spec.probe.bits'));
    for (const sigmas of [[-1], [NaN], [0.1, Infinity]]) expect(() => normaliseNoise({ sigmas, draws: 2, seed: 0 })).toThrow(wrong('noise.sigmas'));
    expect(() => normaliseNoise({ sigmas: [], draws: 1, seed: 0 }, 'spec.noise')).toThrow(wrong('spec.noise.draws'));
    for (const shares of [[0], [1], [NaN]]) expect(() => normaliseMasking({ shares, masksPerShare: 0, seed: 0 })).toThrow(wrong('masking.shares'));
  });
});
