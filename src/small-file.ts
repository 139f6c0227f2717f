import { readFileSync } from 'node:fs';

/** Reads a file of text, such as Linux writes about the machine and the process; `undefined` where there is none to read. */
export type ReadText = (path: string) => string | undefined;

/** The text of a file, read from the file system itself. */
export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};
