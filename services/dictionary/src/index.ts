export { dictionaryService } from './dictionary-service.js';
