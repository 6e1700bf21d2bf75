/** MinIO on a file system of its own that is full in the midst of a study; then there is room again. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chance } from './chance.mjs';
import { disturbed, partsWritten } from './disturbed.mjs';

const MIB = 2 ** 20;
const SIZE_MIB = 256;
const LINE = /operation failed: the store .* has no room left/;
const MOST_WAITING_S = 120;

/** Leaves so little room that the smallest record has none. */
function fill(disk) {
  const { bavail, bsize } = statfsSync(disk);
  for (const size of [bavail * bsize, MIB, bsize])
    try {
      for (let count = 0; ; count += 1) writeFileSync(join(disk, `filler-${size}-${count}`), new Uint8Array(Math.min(size, 64 * MIB)));
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error;
    }
}

export async function* run(context) {
  const { folder, seed, undisturbed } = context;
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m`, 'tmpfs', disk], { stdio: 'pipe' });
  } catch (error) {
    const why = error.stderr?.toString().trim() ?? error.message;
    yield { what: 'the disk is full', broken: [`a small file system cannot be mounted here, which needs the right of root: ${why}`] };
    return;
  }
  try {
    const share = 0.1 + 0.7 * chance(seed, 'disk full')();
    const strike = async (house, ended) => {
      await partsWritten(house, undisturbed, share);
      fill(disk);
      // The room comes back when somebody has been told.
      for (let waited = 0; !house.told.some((text) => /no room left/.test(text)); waited += 1) {
        if (waited === MOST_WAITING_S) throw new Error(`nobody was told that the disk is full: ${house.told.join('; ')}`);
        await pause(1_000);
      }
      execFileSync('sh', ['-c', 'rm "$1"/filler-*', 'sh', disk]);
      await ended;
      return { what: `the disk is full once ${Math.round(100 * share)} % of the parts are there, until the client is told` };
    };
    yield await disturbed(context, { house: { data: join(disk, 'minio') }, strike, line: LINE });
  } finally {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  }
}
