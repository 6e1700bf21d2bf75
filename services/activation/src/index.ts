export { activationService } from './activation-service.js';
