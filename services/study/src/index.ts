export { studyService } from './study-service.js';
export { networksOf, normaliseSpec } from './study-spec.js';
export { StudyRecords, studyName } from './study-records.js';
