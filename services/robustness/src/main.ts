import { serveUntilSignalled } from '@fathom/platform';
import { robustnessService } from './robustness-service.js';

void serveUntilSignalled('robustness', robustnessService);
