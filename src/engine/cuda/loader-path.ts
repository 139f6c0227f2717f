import { readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type ElfFault, elfFault } from './elf.js';

/** The Linux loader's cache of the libraries that ldconfig found. */
const CACHE = '/etc/ld.so.cache';
/** The loader's default folders, searched after its cache. */
const USUAL_FOLDERS = ['/lib64', '/usr/lib64', '/lib', '/usr/lib'];

/** A file that must not be passed to the loader, and what is wrong with it. */
export interface FaultyFile {
  readonly file: string;
  /** `working-folder`: a relative or empty part of LD_LIBRARY_PATH leads to it, so that anybody may have put it there. */
  readonly fault: Exclude<ElfFault, 'absent'> | 'working-folder';
}

/**
 * Checks the file that the Linux loader would pick for a path, before it is loaded: see `elfFault`. `libraryPath` is the value of
 * LD_LIBRARY_PATH, which the loader searches for a plain name. Windows and macOS loaders reject damaged files themselves, so
 * nothing is checked there.
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

/** For a plain name the loader picks the first existing file and skips files built for other systems. */
function faultOfName(name: string, libraryPath: string, cache: string): FaultyFile | undefined {
  const folders = libraryPath === '' ? [] : libraryPath.split(/[:;]/);
  // An empty entry means the working folder.
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

/** The paths of a library in the loader's cache, which holds NUL-terminated names. */
function remembered(name: string, cache: string): string[] {
  try {
    return readFileSync(cache, 'utf8')
      .split('\0')
      .filter((text) => text.startsWith('/') && text.endsWith(`/${name}`));
  } catch {
    return [];
  }
}
