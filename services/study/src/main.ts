import { serveUntilSignalled } from '@fathom/platform';
import { studyService } from './study-service.js';

void serveUntilSignalled('study', studyService);
