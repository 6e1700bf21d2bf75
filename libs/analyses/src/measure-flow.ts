import type { Artifact } from '@fathom/artifacts';
import { complexity as contracts } from '@fathom/contracts';
import { InputError } from '@fathom/errors';
import { branchReading, extremeFeatures } from '@fathom/measures';
import { toFloat64, type Json, type Tensor } from '@fathom/tensors';
import { openActivations, requireSameRows, type Activations } from './activations.js';
import { digestOf, openKind, requireSize } from './artifact-fields.js';
import type { Job, JobContext } from './job.js';
import { normaliseProbe, probeOptions } from './probe-request.js';
import { indexOfPart, indexParts } from './row-parts.js';

type Request = contracts.StartMeasureFlowRequest;
type Branch = 'shortcut' | 'main';

const BRANCHES: readonly Branch[] = ['shortcut', 'main'];

/** What both branches of one block tell of both groups of features. */
type BlockReading = Record<`${'simplest' | 'most_complex'}_${Branch}_${'r2' | 'cka'}`, number[]>;

/** Where simple and complex features travel (docs/measures.md §4, flow). One part is one residual block. */
export const measureFlow: Job<Request> = {
  name: 'complexity.flow',
  revision: 4,
  crewed: true,
  determinism: 'PORTABLE',
  codec: contracts.StartMeasureFlowRequest,
  normalise(request) {
    this.inputs(request);
    return { ...request, probe: normaliseProbe(request.probe) };
  },
  inputs: (request) => [digestOf('activations', request.activations), digestOf('codes', request.codes), digestOf('complexity', request.complexity)],
  async plan(request, context) {
    const { activations } = await prepare(request, context);
    const { branches } = activations.attributes;
    if (branches.length === 0)
      throw new InputError({
        field: 'activations',
        problem: 'have no branches',
        accepted: 'activations extracted with branches, of a network with residual blocks',
      });
    return indexParts('block', branches.length);
  },
  async runPart(request, part, context) {
    const { activations, codes, groups } = await prepare(request, context);
    const block = activations.attributes.branches[indexOfPart(part)]!;
    const features = Uint32Array.from([...groups.simplest, ...groups.mostComplex]);
    const split = groups.simplest.length;
    const reading: Record<string, number[]> = {};
    for (const branch of BRANCHES) {
      const ranges = { x: await activations.artifact.range(block[branch]), z: await codes.range('z') };
      const source = activations.artifact.rows(block[branch]);
      const { r2, cka } = await branchReading(source, codes.rows('z'), features, probeOptions(request.probe!), ranges, context.crew, context.control);
      reading[`simplest_${branch}_r2`] = [...r2.subarray(0, split)];
      reading[`simplest_${branch}_cka`] = [...cka.subarray(0, split)];
      reading[`most_complex_${branch}_r2`] = [...r2.subarray(split)];
      reading[`most_complex_${branch}_cka`] = [...cka.subarray(split)];
    }
    return reading;
  },
  async finish(request, parts, context) {
    const { activations, groups } = await prepare(request, context);
    const readings = parts as unknown as BlockReading[];
    const names = Object.keys(readings[0] ?? {}).sort() as (keyof BlockReading)[];
    const stacked = names.map((name): Tensor => {
      const rows = readings.map((reading) => reading[name]);
      return { name, dtype: 'F64', shape: [rows.length, rows[0]?.length ?? 0], data: Float64Array.from(rows.flat()) };
    });
    const indices = (name: string, features: ArrayLike<number>): Tensor => ({
      name,
      dtype: 'I32',
      shape: [features.length],
      data: Int32Array.from(features),
    });
    return {
      kind: 'flow',
      attributes: { blocks: activations.attributes.branches.map(({ tap }) => tap) as Json },
      tensors: [indices('simplest', groups.simplest), indices('most_complex', groups.mostComplex), ...stacked],
    };
  },
};

async function prepare(
  request: Request,
  { artifacts }: JobContext,
): Promise<{ activations: Activations; codes: Artifact; groups: ReturnType<typeof extremeFeatures> }> {
  const activations = await openActivations(artifacts, 'activations', request.activations);
  const codes = await openKind(artifacts, 'codes', request.codes, 'codes');
  requireSameRows(activations, codes);
  const complexity = await openKind(artifacts, 'complexity', request.complexity, 'complexity');
  const kStd = toFloat64(await complexity.tensor('k_std'));
  requireSize('complexity', 'features', kStd.length, codes.rows('z').columns);
  return { activations, codes, groups: extremeFeatures(kStd, (await complexity.tensor('live')).data as Uint8Array) };
}
