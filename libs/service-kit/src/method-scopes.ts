import type { Scope } from './caller.js';

/** The scope that each method of the contracts asks for. A method that is not here is offered by no server. */
export const METHOD_SCOPES: Readonly<Record<string, Scope>> = {
  '/fathom.activation.v1.ActivationService/RegisterModel': 'register',
  '/fathom.activation.v1.ActivationService/DescribeModel': 'read',
  '/fathom.activation.v1.ActivationService/StartRegisterImages': 'register',
  '/fathom.activation.v1.ActivationService/StartExtract': 'run',
  '/fathom.artifact.v1.ArtifactService/GetArtifact': 'read',
  '/fathom.artifact.v1.ArtifactService/GetDownload': 'read',
  '/fathom.artifact.v1.ArtifactService/ListArtifacts': 'read',
  '/fathom.artifact.v1.ArtifactService/ReadTensor': 'read',
  '/fathom.complexity.v1.ComplexityService/StartMeasure': 'run',
  '/fathom.complexity.v1.ComplexityService/StartMeasureFlow': 'run',
  '/fathom.complexity.v1.ComplexityService/StartMeasureOverTraining': 'run',
  '/fathom.dictionary.v1.DictionaryService/StartDescribe': 'run',
  '/fathom.dictionary.v1.DictionaryService/StartEncode': 'run',
  '/fathom.dictionary.v1.DictionaryService/StartFit': 'run',
  '/fathom.importance.v1.ImportanceService/StartAblate': 'run',
  '/fathom.importance.v1.ImportanceService/StartMeasure': 'run',
  '/fathom.operations.v1.OperationsService/CancelOperation': 'run',
  '/fathom.operations.v1.OperationsService/GetOperation': 'read',
  '/fathom.operations.v1.OperationsService/ListOperations': 'read',
  '/fathom.operations.v1.OperationsService/WaitOperation': 'read',
  '/fathom.operations.v1.OperationsService/WatchOperation': 'read',
  '/fathom.platform.v1.CapabilitiesService/GetCapabilities': 'read',
  '/fathom.robustness.v1.RobustnessService/StartMeasureLocality': 'run',
  '/fathom.robustness.v1.RobustnessService/StartMeasureSensitivity': 'run',
  '/fathom.study.v1.StudyService/GetStudy': 'read',
  '/fathom.study.v1.StudyService/ListStudies': 'read',
  '/fathom.study.v1.StudyService/StartStudy': 'run',
  '/fathom.upload.v1.UploadService/CommitUpload': 'register',
  '/fathom.upload.v1.UploadService/CreateUpload': 'register',
  '/fathom.upload.v1.UploadService/DeleteUpload': 'register',
};

/** Services of gRPC itself: health says nothing that is worth a secret, and probes have no token; reflection is for those who may read. */
const GRPC_SCOPES: Readonly<Record<string, Scope | null>> = {
  'grpc.health.v1.Health': null,
  'grpc.reflection.v1.ServerReflection': 'read',
  'grpc.reflection.v1alpha.ServerReflection': 'read',
};

/** The scope that a method asks for; null where anybody may call it, undefined where there is no such method. */
export function scopeOf(path: string): Scope | null | undefined {
  return Object.hasOwn(METHOD_SCOPES, path) ? METHOD_SCOPES[path] : GRPC_SCOPES[path.slice(1, path.lastIndexOf('/'))];
}
