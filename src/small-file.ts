import { readFileSync } from 'node:fs';

/** Reads a small text file, such as those in `/proc`; returns `undefined` if it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** Reads a file from the file system. */
export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};
