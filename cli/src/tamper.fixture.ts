import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArtifactStore } from '@fathom/artifacts';
import { openStore } from '@fathom/store';
import type { Json, Tensor } from '@fathom/tensors';

/**
 * Alters one number of a study's step in a store and signs everything again, so that every digest fits: a new shard, manifest and
 * artifact; the result of the request; the study's artifact; the records of operations and studies. The old artifacts are gone.
 */
export async function tamper(
  root: string,
  studyDigest: string,
  step: string,
  tensor: string,
  alter: (data: Float64Array) => void,
): Promise<{ altered: string; study: string }> {
  const store = new ArtifactStore(openStore(root));
  const study = await store.open(studyDigest);
  const { spec, steps } = study.attributes as { spec: Json; steps: Record<string, string> };
  const old = await store.open(steps[step]!);
  const tensors: Tensor[] = [];
  for (const name of Object.keys(old.tensors)) {
    const copy = await old.tensor(name);
    if (name === tensor) alter(copy.data as Float64Array);
    tensors.push(copy);
  }
  const altered = await store.publishTensors({ kind: old.kind, attributes: old.attributes, tensors, provenance: old.provenance });
  const signed = await store.publishTensors({
    kind: study.kind,
    attributes: { spec, steps: { ...steps, [step]: altered } },
    tensors: [],
    provenance: { ...study.provenance, inputs: study.provenance.inputs.map((digest) => (digest === old.digest ? altered : digest)).sort() },
  });
  for (const folder of ['results', 'operations', 'studies'])
    replaceIn(join(root, folder), [
      [old.digest, altered],
      [study.digest, signed],
    ]);
  for (const gone of [old, study]) {
    rmSync(join(root, 'artifacts', gone.digest.slice('sha256:'.length)));
    for (const { key } of gone.manifest.shards) rmSync(join(root, key));
  }
  return { altered, study: signed };
}

function replaceIn(folder: string, pairs: readonly (readonly [string, string])[]): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path, 'utf8');
    const replaced = pairs.reduce((all, [from, to]) => all.replaceAll(from, to), text);
    if (replaced !== text) writeFileSync(path, replaced);
  }
}
