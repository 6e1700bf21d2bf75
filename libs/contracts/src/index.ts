/** Messages, services and enumerations of each area, as proto/fathom/<area>/v1 defines them. */
export * as activation from './gen/fathom/activation/v1/activation.js';
export * as artifact from './gen/fathom/artifact/v1/artifact.js';
export * as complexity from './gen/fathom/complexity/v1/complexity.js';
export * as dictionary from './gen/fathom/dictionary/v1/dictionary.js';
export * as importance from './gen/fathom/importance/v1/importance.js';
export * as operations from './gen/fathom/operations/v1/operations.js';
export * as platform from './gen/fathom/platform/v1/platform.js';
export * as robustness from './gen/fathom/robustness/v1/robustness.js';
export * as study from './gen/fathom/study/v1/study.js';
export * as upload from './gen/fathom/upload/v1/upload.js';

/** The services: definitions for servers, clients for callers. */
export { ActivationServiceService as ActivationService, ActivationServiceClient as ActivationClient } from './gen/fathom/activation/v1/activation.js';
export { ArtifactServiceService as ArtifactService, ArtifactServiceClient as ArtifactClient } from './gen/fathom/artifact/v1/artifact.js';
export {
  CapabilitiesServiceService as CapabilitiesService,
  CapabilitiesServiceClient as CapabilitiesClient,
} from './gen/fathom/platform/v1/platform.js';
export { ComplexityServiceService as ComplexityService, ComplexityServiceClient as ComplexityClient } from './gen/fathom/complexity/v1/complexity.js';
export { DictionaryServiceService as DictionaryService, DictionaryServiceClient as DictionaryClient } from './gen/fathom/dictionary/v1/dictionary.js';
export { ImportanceServiceService as ImportanceService, ImportanceServiceClient as ImportanceClient } from './gen/fathom/importance/v1/importance.js';
export { OperationsServiceService as OperationsService, OperationsServiceClient as OperationsClient } from './gen/fathom/operations/v1/operations.js';
export { RobustnessServiceService as RobustnessService, RobustnessServiceClient as RobustnessClient } from './gen/fathom/robustness/v1/robustness.js';
export { StudyServiceService as StudyService, StudyServiceClient as StudyClient } from './gen/fathom/study/v1/study.js';
export { UploadServiceService as UploadService, UploadServiceClient as UploadClient } from './gen/fathom/upload/v1/upload.js';

/** What errors are made of. */
export { Any } from './gen/google/protobuf/any.js';
export { Status } from './gen/google/rpc/status.js';
export { BadRequest, ErrorInfo, RetryInfo } from './gen/google/rpc/error_details.js';

/** For gRPC reflection. */
export { FILE_DESCRIPTORS } from './gen/file-descriptors.js';
