import { missingPackage } from './missing-package.js';

const locked = {
  packages: {
    '': { version: '0.1.0' },
    'libs/errors': { version: '0.1.0' },
    'node_modules/@fathom/errors': { resolved: 'libs/errors', link: true },
    'node_modules/sharp': { version: '0.35.5', integrity: 'sha512-a' },
    'node_modules/@img/sharp-darwin-arm64': { version: '0.35.5', integrity: 'sha512-b', optional: true },
    'libs/errors/node_modules/sharp': { version: '0.34.0', integrity: 'sha512-c' },
  },
};

/** What npm writes after installing the lock file on another platform than the optional package's. */
function installed(changes: Record<string, object | undefined> = {}) {
  const { '': _root, 'libs/errors': _workspace, 'node_modules/@img/sharp-darwin-arm64': _other, ...packages } = locked.packages;
  return { packages: { ...packages, ...changes } };
}

describe('missingPackage', () => {
  it('finds nothing where every package is as locked, packages for other platforms apart', () => {
    expect(missingPackage(locked, installed())).toBeUndefined();
  });

  it('names node_modules where no install has ended', () => {
    expect(missingPackage(locked, undefined)).toBe('node_modules');
  });

  it.each([
    ['is absent', undefined],
    ['has another version', { version: '0.35.4', integrity: 'sha512-a' }],
    ['has other bytes', { version: '0.35.5', integrity: 'sha512-z' }],
  ])('names a package that %s', (_case, found) => {
    expect(missingPackage(locked, installed({ 'node_modules/sharp': found }))).toBe('node_modules/sharp');
  });

  it('names a workspace that is not linked yet, and an optional package at another version', () => {
    expect(missingPackage(locked, installed({ 'node_modules/@fathom/errors': undefined }))).toBe('node_modules/@fathom/errors');
    const other = 'node_modules/@img/sharp-darwin-arm64';
    expect(missingPackage(locked, installed({ [other]: { version: '0.35.4', integrity: 'sha512-y' } }))).toBe(other);
  });

  it('names a package inside another', () => {
    expect(missingPackage(locked, installed({ 'libs/errors/node_modules/sharp': undefined }))).toBe('libs/errors/node_modules/sharp');
  });
});
