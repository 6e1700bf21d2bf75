import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { InputError } from '@fathom/errors';

/** An image file of a class. */
export interface ClassFile {
  /** Where to read it. */
  readonly path: string;
  /** Path below the root: CLASS/FILE. */
  readonly name: string;
  /** Index of its class. */
  readonly label: number;
}

const IMAGE_ENDINGS = /\.(png|jpe?g)$/i;

/**
 * Lists the images of a folder that has one sub-folder per class. Classes and files come in code-unit order of their
 * names; hidden ones, and files that end in neither .png nor .jpg nor .jpeg, are passed over.
 *
 * @throws InputError naming the folder without classes, the class without images, an image outside a class, a folder
 *   inside a class, or a link that leads out of the root
 */
export async function listClassFolder(root: string): Promise<{ classNames: string[]; files: ClassFile[] }> {
  const realRoot = await realpath(root).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError({
      field: root,
      problem: cause.code === 'ENOENT' ? 'no such folder' : `cannot be read (${cause.code})`,
      accepted: 'a folder with one sub-folder per class',
      cause,
    });
  });
  const classNames: string[] = [];
  const files: ClassFile[] = [];
  for (const className of await visibleNames(realRoot, root)) {
    const folder = await insideRoot(realRoot, join(root, className));
    if (!(await stat(folder)).isDirectory()) {
      if (!IMAGE_ENDINGS.test(className)) continue;
      throw new InputError({
        field: join(root, className),
        problem: 'an image that belongs to no class',
        accepted: 'images inside one sub-folder per class',
      });
    }
    const label = classNames.push(className) - 1;
    const found = await listClass(realRoot, join(root, className), folder);
    files.push(...found.map(({ path, name }) => ({ path, name: `${className}/${name}`, label })));
  }
  if (classNames.length === 0) throw new InputError({ field: root, problem: 'holds no class folder', accepted: 'one sub-folder per class' });
  return { classNames, files };
}

async function listClass(realRoot: string, shown: string, folder: string): Promise<{ path: string; name: string }[]> {
  const files: { path: string; name: string }[] = [];
  for (const name of await visibleNames(folder, shown)) {
    const path = await insideRoot(realRoot, join(folder, name), join(shown, name));
    if ((await stat(path)).isDirectory()) {
      throw new InputError({
        field: join(shown, name),
        problem: 'a folder inside a class folder',
        accepted: 'images directly inside the class folder',
      });
    }
    if (IMAGE_ENDINGS.test(name)) files.push({ path, name });
  }
  if (files.length === 0) throw emptyClass(shown);
  return files;
}

/** The error for a class that has no image to read. */
export function emptyClass(folder: string): InputError {
  return new InputError({
    field: folder,
    problem: 'the class folder is empty',
    value: '0 images',
    accepted: 'at least one PNG or JPEG image that can be read (.png, .jpg, .jpeg)',
  });
}

async function visibleNames(folder: string, shown: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError({
      field: shown,
      problem: cause.code === 'ENOTDIR' ? 'not a folder' : `cannot be read (${cause.code})`,
      accepted: 'a folder with one sub-folder per class',
      cause,
    });
  });
  // The default sort compares code units, as is wanted: the same on every machine, whatever its language.
  return names.filter((name) => !name.startsWith('.')).sort();
}

async function insideRoot(realRoot: string, path: string, shown = path): Promise<string> {
  const real = await realpath(path).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError({
      field: shown,
      problem: `cannot be read (${cause.code})`,
      accepted: 'a file or folder, or a link to one inside the image folder',
      cause,
    });
  });
  const below = relative(realRoot, real);
  if (below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below)) return real;
  throw new InputError({ field: shown, problem: 'a link that leads out of the image folder', value: real, accepted: `a path inside ${realRoot}` });
}
