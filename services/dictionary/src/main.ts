import { serveUntilSignalled } from '@fathom/platform';
import { dictionaryService } from './dictionary-service.js';

void serveUntilSignalled('dictionary', dictionaryService);
