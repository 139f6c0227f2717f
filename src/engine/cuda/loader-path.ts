import { readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type ElfFault, elfFault } from './elf.js';

/** Where Linux' loader remembers the libraries that ldconfig found. */
const CACHE = '/etc/ld.so.cache';
/** Where it looks for what it does not remember. */
const USUAL_FOLDERS = ['/lib64', '/usr/lib64', '/lib', '/usr/lib'];

/** A file that must not be given to the loader, and what is wrong with it. */
export interface FaultyFile {
  readonly file: string;
  /** `working-folder`: a relative or empty part of LD_LIBRARY_PATH leads to it, so that it may be a stranger's. */
  readonly fault: Exclude<ElfFault, 'absent'> | 'working-folder';
}

/**
 * What is wrong with the file that Linux' loader would take for a path, looked at before the loader is asked: see `elfFault`.
 * `libraryPath` is LD_LIBRARY_PATH, by which the loader finds a plain name. On Windows and macOS, whose loaders refuse what is
 * damaged, nothing is looked at.
 */
export function faultBeforeLoading(
  path: string,
  libraryPath: string | undefined,
  cache = CACHE,
): FaultyFile | undefined {
  if (platform() !== 'linux') return undefined;
  if (!path.includes('/')) return faultOfName(path, libraryPath ?? '', cache);
  const fault = elfFault(path);
  return fault === undefined || fault === 'absent' ? undefined : { file: path, fault };
}

/** Of a plain name the loader takes the first file that is there; those for other systems it passes over. */
function faultOfName(name: string, libraryPath: string, cache: string): FaultyFile | undefined {
  const folders = libraryPath === '' ? [] : libraryPath.split(/[:;]/);
  // An empty part is the working folder.
  const named = folders.map((folder) => join(folder === '' ? '.' : folder, name));
  const usual = USUAL_FOLDERS.map((folder) => join(folder, name));
  for (const file of [...named, ...remembered(name, cache), ...usual]) {
    const fault = elfFault(file);
    if (fault === 'absent' || fault === 'not-a-library') continue;
    if (fault !== undefined) return { file, fault };
    return isAbsolute(file) ? undefined : { file, fault: 'working-folder' };
  }
  return undefined;
}

/** The paths of a library in the loader's cache, whose names end with a zero each. */
function remembered(name: string, cache: string): string[] {
  try {
    return readFileSync(cache, 'utf8')
      .split('\0')
      .filter((text) => text.startsWith('/') && text.endsWith(`/${name}`));
  } catch {
    return [];
  }
}
