import type { Artifact } from '@fathom/artifacts';
import type { Control } from '@fathom/errors';
import type { Crew } from '@fathom/exact';
import { codesToProbe, type ProbeOptions, type ProbeTargets } from '@fathom/measures';

/** Codes made ready for probes, kept from one part of a job to the next: reading and cutting them costs as much as a small layer. */
export class KeptCodes {
  private key = '';
  private targets: Promise<ProbeTargets> | undefined;

  /**
   * The codes of an artifact for probes of the given options.
   * @param widest channels of the widest layer that they will be probed with
   * @throws InputError as `codesToProbe` does
   */
  async get(codes: Artifact, options: ProbeOptions, widest: number, crew: Crew, control: Control): Promise<ProbeTargets> {
    const { folds, bits, nullSeed, null: hasNull } = options;
    const key = JSON.stringify([codes.digest, folds, bits, hasNull === false ? null : nullSeed, widest]);
    if (this.targets === undefined || this.key !== key) {
      this.key = key;
      this.targets = codes.range('z').then((range) => codesToProbe(codes.rows('z'), range, options, widest, crew, control));
      this.targets.catch(() => this.release());
    }
    return this.targets;
  }

  /** Lets go of them. */
  release(): void {
    this.targets = undefined;
  }
}
