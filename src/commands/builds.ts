import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type PinbenchError, usageError } from '../errors.js';

/** The programs of both sides. The base of a change that adds pinbench to a project has none. */
export interface Programs {
  readonly base: string | undefined;
  readonly head: string;
}

/** Finds the programs of both sides. Throws a usage error if a folder does not exist, or if its pinbench is not installed or not built. */
export function programsIn(base: string, head: string): Programs {
  const programs = { base: programIn(base), head: programIn(head) };
  if (programs.head === undefined) throw noPinbench(head);
  return { ...programs, head: programs.head };
}

/**
 * The program of a side: that of a built checkout, or of the package in the folder's `node_modules`; undefined if there is neither.
 * Throws a usage error if the folder does not exist or its checkout is not built.
 */
function programIn(folder: string): string | undefined {
  if (!existsSync(folder)) throw usageError(folder, 'no such folder', { expected: EXPECTED });
  if (!statSync(folder).isDirectory()) throw usageError(folder, 'a file', { expected: EXPECTED });
  const installed = join(folder, 'node_modules', 'pinbench');
  const home = [folder, installed].find((candidate) => packageIn(candidate).name === 'pinbench');
  if (home === undefined) {
    // A link whose target is gone exists, too.
    if (lstatSync(installed, { throwIfNoEntry: false }) !== undefined)
      throw usageError(installed, 'no pinbench that can be read', { remedy: 'install it again' });
    const { dependencies, devDependencies, optionalDependencies, peerDependencies } = packageIn(folder);
    const isListed = [dependencies, devDependencies, optionalDependencies, peerDependencies].some(
      (listed) => typeof listed === 'object' && listed !== null && 'pinbench' in listed,
    );
    if (isListed)
      throw usageError(folder, 'its package.json lists pinbench, which is not installed', {
        remedy: 'install its packages, for example with npm ci',
      });
    return undefined;
  }
  if (!existsSync(join(home, 'dist', 'main.js')))
    throw usageError(home, 'pinbench is not built', { remedy: 'run npm run build there' });
  return resolve(home, 'bin', 'pinbench.js');
}

const EXPECTED = 'a folder with pinbench in its node_modules, or a checkout of pinbench';

function noPinbench(folder: string): PinbenchError {
  return usageError(folder, 'no pinbench in it', { expected: EXPECTED });
}

/** The package.json of a folder; empty if there is none that can be read. */
function packageIn(folder: string): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof found === 'object' && found !== null ? { ...found } : {};
  } catch {
    return {};
  }
}
