// On an NVIDIA GPU float32 would be rounded to TensorFloat-32, which keeps 11 bits (docs/measures.md §10.3). CUDA reads this when it
// starts; only the main thread's environment reaches native code, so it is set as soon as an engine's file is loaded.
process.env['NVIDIA_TF32_OVERRIDE'] = '0';
