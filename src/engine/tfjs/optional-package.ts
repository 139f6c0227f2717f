import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Surroundings } from '../../surroundings.js';

/** A package that pinbench runs without. */
export interface Optional {
  readonly module: unknown;
  /** It came from the project in the working folder, where pinbench itself would not have found it. */
  readonly foreign: boolean;
}

/**
 * An optional peer: from the project pinbench is run in, else from where pinbench is installed, else from the folders named; the
 * first that loads. `undefined` where none has it; where none loads, what the first threw is thrown on. What only the working folder
 * has is code of strangers to who has not asked to run it: where the surroundings say so, it is an error.
 */
export async function importOptional(
  name: string,
  { cwd, loadsForeignCode }: Pick<Surroundings, 'cwd' | 'loadsForeignCode'>,
  folders: readonly string[] = [],
): Promise<Optional | undefined> {
  const own = resolved(name, import.meta.url);
  const there = resolved(name, join(cwd(), 'package.json'));
  const foreign = there !== undefined && there !== own;
  const errors: unknown[] = [];
  if (foreign && !loadsForeignCode)
    errors.push(new Error('it is installed in the working folder, whose code only pinbench run loads'));
  const elsewhere = [own, ...folders.map((folder) => resolved(name, join(folder, 'package.json')))];
  // A folder that has none finds what one above it has, and that may be the working folder.
  const paths = loadsForeignCode
    ? [there, ...elsewhere]
    : elsewhere.filter((path) => !foreign || path !== there);
  for (const path of paths) {
    if (path === undefined) continue;
    try {
      return { module: await import(pathToFileURL(path).href), foreign: foreign && path === there };
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return undefined;
}

/** Where a module at that place would find the package. Nothing of it is run. */
function resolved(name: string, place: string): string | undefined {
  try {
    return createRequire(place).resolve(name);
  } catch {
    return undefined;
  }
}

/** What the name of a runtime ends with where it is not pinbench's own. */
export function originOf(packages: readonly Optional[]): string {
  return packages.some(({ foreign }) => foreign) ? ', from the working folder' : '';
}
