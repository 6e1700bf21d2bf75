import { serveUntilSignalled } from '@fathom/platform';
import { activationService } from './activation-service.js';

void serveUntilSignalled('activation', activationService);
