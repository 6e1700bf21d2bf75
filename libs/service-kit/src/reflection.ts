import { FILE_DESCRIPTORS } from '@fathom/contracts';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HEALTH_SERVICE } from './health.js';

/** Answers server reflection (v1 and v1alpha) for the named services and health, from the contracts' own descriptors. */
export function addReflection(server: Server, services: readonly string[]): void {
  const fileDescriptorProtos = Object.values(FILE_DESCRIPTORS).map((base64) => Buffer.from(base64, 'base64'));
  // Of a package definition, reflection reads the descriptors alone; what kind of thing carries them is of no matter.
  const carrier = { format: 'Protocol Buffer 3 EnumDescriptorProto', type: {}, fileDescriptorProtos } as const;
  new ReflectionService({ carrier }, { services: [...services, HEALTH_SERVICE] }).addToServer(server);
}
