import { serveUntilSignalled } from '@fathom/platform';
import { complexityService } from './complexity-service.js';

void serveUntilSignalled('complexity', complexityService);
