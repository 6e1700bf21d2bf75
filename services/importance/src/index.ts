export { importanceService } from './importance-service.js';
