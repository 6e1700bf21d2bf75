export { FathomError, type ErrorDetails } from './fathom-error.js';
export { InputError } from './input-error.js';
export { restoreError } from './restore-error.js';
export { REASONS, type Reason } from './reasons.js';
export { cancelled, stoppedBy, unwatched, type Control } from './control.js';
export { deadline, type Deadline } from './deadline.js';
