export { robustnessService } from './robustness-service.js';
