import { env, type InferenceSession } from 'onnxruntime-node';
import './full-precision.js';

// Without it onnxruntime reports its use to its maker, keeps an identifier of the machine and leaves files in the temporary
// folder. It is read when the first network is opened; only the main thread's environment reaches native code.
process.env['ORT_DISABLE_TELEMETRY'] = '1';
// Errors are thrown; that a CUDA library is missing would be printed as well.
env.logLevel = 'fatal';

const FATAL_ONLY = 4;

/** How every session of onnxruntime is made, on so many threads of the processor, or on an NVIDIA GPU. */
export function sessionOptions(threads: number, device: 'cpu' | 'gpu'): InferenceSession.SessionOptions {
  return {
    executionProviders: [device === 'gpu' ? 'cuda' : 'cpu'],
    extra: {
      session: {
        // Or bytes that were read as ONNX might be taken for onnxruntime's own format, which holds another network.
        load_model_format: 'ONNX',
        // Without it what CUDA cannot compute would be computed by the processor, and be called the GPU's.
        ...(device === 'gpu' && { disable_cpu_ep_fallback: '1' }),
      },
    },
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: FATAL_ONLY,
  };
}
