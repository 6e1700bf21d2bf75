import { IMAGE_LIMITS, type ImageLimits } from '@fathom/images';

/** How large the files may be that networks and images are registered from, and what is made of them. */
export interface InputLimits extends ImageLimits {
  /** Bytes of a network with its weights. @default 2,147,483,647, the most that ONNX allows */
  readonly modelBytes: number;
  /** Operators of a network, or layers. @default 100,000 */
  readonly modelNodes: number;
  /** Seconds that it may take to read a network and run it once. @default 300 */
  readonly modelSeconds: number;
  /** Bytes of memory that this may take. @default 8,589,934,592 */
  readonly modelMemoryBytes: number;
  /** Atoms of a dictionary that codes are made for; their products take 4·k² bytes. @default 16,384, the most that the solver takes */
  readonly codeAtoms: number;
}

/** The defaults of {@link InputLimits}. */
export const INPUT_LIMITS: InputLimits = {
  ...IMAGE_LIMITS,
  modelBytes: 2 ** 31 - 1,
  modelNodes: 100_000,
  modelSeconds: 300,
  modelMemoryBytes: 2 ** 33,
  codeAtoms: 16_384,
};
