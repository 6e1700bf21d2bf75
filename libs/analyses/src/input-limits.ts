import { IMAGE_LIMITS, type ImageLimits } from '@fathom/images';

/** How large the files may be that networks and images are registered from. */
export interface InputLimits extends ImageLimits {
  /** Bytes of a network with its weights. @default 2,147,483,647, the most that ONNX allows */
  readonly modelBytes: number;
  /** Operators of a network, or layers. @default 100,000 */
  readonly modelNodes: number;
}

/** The defaults of {@link InputLimits}. */
export const INPUT_LIMITS: InputLimits = { ...IMAGE_LIMITS, modelBytes: 2 ** 31 - 1, modelNodes: 100_000 };
