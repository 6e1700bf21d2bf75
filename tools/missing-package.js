/**
 * The first package of the lock file that is not in node_modules at its locked version, or undefined where all are there.
 * Optional packages may be absent: they are for other platforms.
 *
 * @param locked the content of package-lock.json
 * @param installed the content of node_modules/.package-lock.json, which npm writes at the end of an install; undefined where there is none
 */
function missingPackage(locked, installed) {
  if (installed === undefined) return 'node_modules';
  for (const [path, wanted] of Object.entries(locked.packages)) {
    if (!path.includes('node_modules/')) continue; // the repository's own folders
    const found = installed.packages[path];
    if (
      found === undefined
        ? !wanted.optional
        : found.version !== wanted.version || found.integrity !== wanted.integrity || found.resolved !== wanted.resolved
    )
      return path;
  }
  return undefined;
}

module.exports = { missingPackage };
