import { lstatSync, statSync } from 'node:fs';
import type { FaultyFile } from './loader-path.js';

/** What is wrong with a driver library. Each wants a remedy of its own. */
export type LibraryFault =
  | { readonly kind: 'absent' | 'dangling' | 'empty' | 'not-a-library' }
  /** It ends before what its own headers name: the loader would die of it. */
  | { readonly kind: 'damaged'; readonly file: string }
  /** The system's loader would take it from the working folder, because LD_LIBRARY_PATH has a relative or empty part. */
  | { readonly kind: 'working-folder'; readonly file: string }
  /** It is a library, and no CUDA driver: it has not even the function that starts one. */
  | { readonly kind: 'not-cuda' }
  /** The library is there, and another one that it needs is not. */
  | { readonly kind: 'lacks-library'; readonly needed: string }
  /** It loads, and has not all the functions of a driver that is new enough. */
  | { readonly kind: 'lacks-functions'; readonly functions: readonly string[] }
  | { readonly kind: 'other'; readonly said: string };

/** Thrown while a library is loaded that has not all the functions that are called. */
export class FunctionsMissing extends Error {
  override readonly name = 'FunctionsMissing';
  readonly functions: readonly string[];

  constructor(functions: readonly string[]) {
    super(`no ${functions.join(', no ')}`);
    this.functions = functions;
  }
}

/** Thrown instead of loading a file that the loader must not be given. */
export class FileFaulty extends Error {
  override readonly name = 'FileFaulty';
  readonly found: FaultyFile;

  constructor(found: FaultyFile) {
    super(`${found.file}: ${found.fault}`);
    this.found = found;
  }
}

/** Why a library could not be loaded: from what the system's loader said, and from what is at its path. */
export function faultOf(path: string, error: unknown): LibraryFault {
  if (error instanceof FunctionsMissing) {
    const { functions } = error;
    return functions.includes('cuInit') ? { kind: 'not-cuda' } : { kind: 'lacks-functions', functions };
  }
  if (error instanceof FileFaulty) {
    const { fault: kind, file } = error.found;
    return kind === 'not-a-library' ? { kind } : { kind, file };
  }
  const message = error instanceof Error ? error.message : String(error);
  // koffi puts words of its own before those of the loader, and leaves out the path where that is the one it was given.
  const said = message.split('\n')[0]!.replace(/^Failed to load shared library: /, '');
  const [, needed] = /^(.+): cannot open shared object file: No such file/.exec(said) ?? [];
  if (needed !== undefined && needed !== path) return { kind: 'lacks-library', needed };
  if (/no such file|cannot find the|specified module could not be found/i.test(said)) {
    return { kind: isDangling(path) ? 'dangling' : 'absent' };
  }
  if (/file too short/i.test(said)) return { kind: isEmpty(said, path) ? 'empty' : 'not-a-library' };
  if (/invalid ELF header|wrong ELF class|is a directory|not a valid win32/i.test(said)) {
    return { kind: 'not-a-library' };
  }
  return { kind: 'other', said };
}

/** A link to nothing, which the loader does not tell from no file. Of a plain name it is not known which file is meant. */
function isDangling(path: string): boolean {
  if (!path.includes('/')) return false;
  const link = lstatSync(path, { throwIfNoEntry: false });
  return link?.isSymbolicLink() === true && statSync(path, { throwIfNoEntry: false }) === undefined;
}

/** Of a plain name the loader says which file it found. */
function isEmpty(said: string, path: string): boolean {
  const [, found = path] = /^(.+): file too short/.exec(said) ?? [];
  return statSync(found, { throwIfNoEntry: false })?.size === 0;
}
