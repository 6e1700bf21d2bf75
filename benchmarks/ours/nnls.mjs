/**
 * Codes of activations for a dictionary by the job "dictionary.encode"; the KKT residual is the job's own.
 * Usage: node nnls.mjs '{"store":…,"activations":…,"dictionary":…,"codes":"FILE"}'
 */
import { createRequire } from 'node:module';
import { report, runJob } from '../run-job.mjs';

const require = createRequire(import.meta.url);
const { encodeCodes } = require('@fathom/analyses');
const { store, activations, dictionary } = JSON.parse(process.argv[2]);

const { artifact, seconds } = await runJob(store, encodeCodes, {
  activations: { contentDigest: activations },
  dictionary: { contentDigest: dictionary },
  tensor: '',
});
report({ seconds, kkt: artifact.attributes.worst_kkt_residual, codes: artifact.digest, engine: artifact.provenance.engine });
