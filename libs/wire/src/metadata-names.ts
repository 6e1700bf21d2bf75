/** Metadata that names a call in the server's log. */
export const REQUEST_ID = 'x-request-id';

/** Metadata by which an admin, such as the study service, says for which tenant it calls. */
export const TENANT = 'x-fathom-tenant';
