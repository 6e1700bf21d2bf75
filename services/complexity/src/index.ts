export { complexityService } from './complexity-service.js';
