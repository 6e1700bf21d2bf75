import type { RelationRow } from '@fathom/analyses';
import type { Artifact, ArtifactStore } from '@fathom/artifacts';
import { study } from '@fathom/contracts';
import { FathomError } from '@fathom/errors';
import { toFloat64 } from '@fathom/tensors';

/** A finished study as its artifact holds it: its spec, and the artifact of every step. */
export interface FinishedStudy {
  readonly artifact: Artifact;
  readonly spec: study.StudySpec;
  /** Content digest by step, such as "epoch-15/complexity". */
  readonly steps: Readonly<Record<string, string>>;
}

/** Opens the "study" artifact of a content digest. */
export async function openStudy(artifacts: ArtifactStore, digest: string): Promise<FinishedStudy> {
  const artifact = await artifacts.open(digest);
  if (artifact.kind !== 'study')
    throw new FathomError('NOT_FOUND', `${digest} is no study, but an artifact of kind "${artifact.kind}"`, { metadata: { digest } });
  const { spec, steps } = artifact.attributes as unknown as { spec: unknown; steps: Record<string, string> };
  return { artifact, spec: study.StudySpec.fromJSON(spec), steps };
}

/** Reads columns and facts of a study's steps. */
export class StudyReader {
  private readonly opened = new Map<string, Promise<Artifact>>();

  constructor(
    private readonly artifacts: ArtifactStore,
    readonly study: FinishedStudy,
  ) {}

  /** Whether the study has that step. */
  has(step: string): boolean {
    return step in this.study.steps;
  }

  /** The artifact of a step. NOT_FOUND where the study has none. */
  step(name: string): Promise<Artifact> {
    const digest = this.study.steps[name];
    if (digest === undefined) throw new FathomError('NOT_FOUND', `the study has no step "${name}"`, { metadata: { step: name } });
    const opened = this.opened.get(name) ?? this.artifacts.open(digest);
    this.opened.set(name, opened);
    return opened;
  }

  /** A tensor of a step as float64, row-major. */
  async values(step: string, tensor: string): Promise<Float64Array> {
    return toFloat64(await (await this.step(step)).tensor(tensor));
  }

  /** The same, or null where the step or the tensor is absent. */
  async valuesOrNull(step: string, tensor: string): Promise<Float64Array | null> {
    return this.has(step) && tensor in (await this.step(step)).tensors ? this.values(step, tensor) : null;
  }

  /** The attributes of a step. */
  async facts<T>(step: string): Promise<T> {
    return (await this.step(step)).attributes as unknown as T;
  }

  /** The relations of a network. */
  async relations(network: string): Promise<readonly RelationRow[]> {
    return (await this.facts<{ relations: RelationRow[] }>(`${network}/relations`)).relations;
  }
}
