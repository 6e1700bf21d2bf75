import type { Artifact } from '@fathom/artifacts';
import { NnlsEncoder } from '@fathom/dictionaries';
import type { Crew } from '@fathom/exact';
import { toFloat64 } from '@fathom/tensors';

/** An encoder kept from one part of a job to the next: it takes seconds to prepare one for 10,000 atoms. */
export class KeptEncoder {
  private digest = '';
  private encoder: Promise<NnlsEncoder> | undefined;

  /** The encoder for a dictionary. @throws InputError as `NnlsEncoder.create` does */
  async get(dictionary: Artifact, crew: Crew): Promise<NnlsEncoder> {
    if (this.encoder === undefined || this.digest !== dictionary.digest) {
      this.release(); // two at a time may be too much memory
      this.digest = dictionary.digest;
      this.encoder = prepare(dictionary, crew);
      this.encoder.catch(() => this.release());
    }
    return this.encoder;
  }

  /** Lets go of it. */
  release(): void {
    this.encoder = undefined;
  }
}

async function prepare(dictionary: Artifact, crew: Crew): Promise<NnlsEncoder> {
  const D = await dictionary.tensor('D');
  const [atoms = 0, width = 0] = D.shape;
  return NnlsEncoder.create(toFloat64(D), atoms, width, crew);
}
