import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Surroundings } from '../../surroundings.js';
import type { EngineName } from '../../words.js';

/** A loaded optional package. */
export interface Optional {
  readonly module: unknown;
  /** Whether it comes from the working folder's project and pinbench itself would not have found it. */
  readonly foreign: boolean;
}

/**
 * Loads an optional peer dependency: the first one that loads from the project in the working folder, from where pinbench is
 * installed, or from the given folders. Returns `undefined` if none of them has it. If none loads, throws the first error. A
 * package that only the working folder has is third-party code that the user may not expect to run: unless the surroundings allow
 * it, such a package is reported as an error.
 */
export async function importOptional(
  name: string,
  { cwd, loadsForeignCode }: Pick<Surroundings, 'cwd' | 'loadsForeignCode'>,
  folders: readonly string[] = [],
): Promise<Optional | undefined> {
  const own = resolved(name, import.meta.url);
  const inProject = resolved(name, join(cwd(), 'package.json'));
  const foreign = inProject !== undefined && inProject !== own;
  const errors: unknown[] = [];
  if (foreign && !loadsForeignCode) errors.push(new NotLoadedHere());
  const elsewhere = [own, ...folders.map((folder) => resolved(name, join(folder, 'package.json')))];
  // Resolution also searches parent folders, so that a given folder may resolve to the package of the working folder.
  const paths = loadsForeignCode
    ? [inProject, ...elsewhere]
    : elsewhere.filter((path) => !foreign || path !== inProject);
  for (const path of paths) {
    if (path === undefined) continue;
    try {
      return { module: await import(pathToFileURL(path).href), foreign: foreign && path === inProject };
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return undefined;
}

/** Why a package that only the working folder has is not loaded. */
class NotLoadedHere extends Error {
  constructor() {
    super('it is installed in the working folder, whose code only pinbench run loads');
  }
}

/** What to do if a package could not be loaded: `otherwise`, unless `pinbench run` would load it. */
export function remedyFor(error: unknown, engine: EngineName, otherwise: string): string {
  return error instanceof NotLoadedHere ? `use pinbench run --engine ${engine}` : otherwise;
}

/** The path to which the package resolves from a file. None of its code runs. */
function resolved(name: string, place: string): string | undefined {
  try {
    return createRequire(place).resolve(name);
  } catch {
    return undefined;
  }
}

/** The suffix of a runtime's name that says if a package comes from the working folder. */
export function originOf(packages: readonly Optional[]): string {
  return packages.some(({ foreign }) => foreign) ? ', from the working folder' : '';
}
