import { lstatSync, statSync } from 'node:fs';
import type { FaultyFile } from './loader-path.js';

/** What is wrong with a driver library. Each kind has its own remedy. */
export type LibraryFault =
  | { readonly kind: 'absent' | 'dangling' | 'empty' | 'not-a-library' }
  /** The file is shorter than its headers say: loading it would kill the process with SIGBUS. */
  | { readonly kind: 'damaged'; readonly file: string }
  /** The loader would take it from the working folder, because LD_LIBRARY_PATH has a relative or empty part. */
  | { readonly kind: 'working-folder'; readonly file: string }
  /** It is a library but not a CUDA driver: it does not even export `cuInit`. */
  | { readonly kind: 'not-cuda' }
  /** The library exists, but another library that it needs does not. */
  | { readonly kind: 'lacks-library'; readonly needed: string }
  /** It loads but lacks functions that a recent driver exports. */
  | { readonly kind: 'lacks-functions'; readonly functions: readonly string[] }
  | { readonly kind: 'other'; readonly said: string };

/** Thrown while loading a library that lacks functions pinbench calls. */
export class MissingFunctionsError extends Error {
  override readonly name = 'MissingFunctionsError';
  readonly functions: readonly string[];

  constructor(functions: readonly string[]) {
    super(`no ${functions.join(', no ')}`);
    this.functions = functions;
  }
}

/** Thrown instead of loading a file that is damaged or for another system. */
export class FaultyFileError extends Error {
  override readonly name = 'FaultyFileError';
  readonly found: FaultyFile;

  constructor(found: FaultyFile) {
    super(`${found.file}: ${found.fault}`);
    this.found = found;
  }
}

/** Why a library could not be loaded, determined from the loader's message and the file at its path. */
export function faultOf(path: string, error: unknown): LibraryFault {
  if (error instanceof MissingFunctionsError) {
    const { functions } = error;
    return functions.includes('cuInit') ? { kind: 'not-cuda' } : { kind: 'lacks-functions', functions };
  }
  if (error instanceof FaultyFileError) {
    const { fault: kind, file } = error.found;
    return kind === 'not-a-library' ? { kind } : { kind, file };
  }
  const message = error instanceof Error ? error.message : String(error);
  // koffi prefixes the loader's message, and omits the path if it is the one koffi was given.
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

/** Whether the path is a dangling link, which the loader reports as a missing file. For a plain name the file is unknown. */
function isDangling(path: string): boolean {
  if (!path.includes('/')) return false;
  const link = lstatSync(path, { throwIfNoEntry: false });
  return link?.isSymbolicLink() === true && statSync(path, { throwIfNoEntry: false }) === undefined;
}

/** Whether the file is empty. For a plain name the loader's message says which file it found. */
function isEmpty(said: string, path: string): boolean {
  const [, found = path] = /^(.+): file too short/.exec(said) ?? [];
  return statSync(found, { throwIfNoEntry: false })?.size === 0;
}
