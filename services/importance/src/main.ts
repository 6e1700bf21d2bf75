import { serveUntilSignalled } from '@fathom/platform';
import { importanceService } from './importance-service.js';

void serveUntilSignalled('importance', importanceService);
