import { CapabilitiesService, platform } from '@fathom/contracts';
import type { EngineCapabilities } from '@fathom/engines';
import { CODE_VERSION } from '@fathom/operations';
import { implement, type BoundService } from '@fathom/service-kit';
import type { Platform } from './platform.js';

/** Tells what a process can do. */
export function capabilitiesService({ config }: Pick<Platform, 'config'>, { name, version, way, device }: EngineCapabilities): BoundService {
  return implement(CapabilitiesService, {
    getCapabilities: async () => ({
      codeVersion: CODE_VERSION,
      engine: { name, version, way, device: device === 'gpu' ? platform.Device.GPU : platform.Device.CPU },
      threads: config.threads,
    }),
  });
}
