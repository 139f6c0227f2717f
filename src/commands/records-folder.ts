import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../errors.js';
import type { Pair } from '../regress/pairs.js';
import { systemReasonOf } from '../system-error.js';
import type { Terminal } from '../terminal.js';
import { jsonText } from '../text.js';
import { outputFileAt } from './output-file.js';
import { writeOutput } from './write-output.js';

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw usageError(
      folder,
      code === 'EEXIST' ? 'already exists' : `cannot be created (${systemReasonOf(cause)})`,
      {
        expected: 'the path of a new folder',
        cause,
      },
    );
  }
}

/** Creates a folder, which is removed at the end unless the function that is returned is called. */
export function makeNew(folder: string, terminal: Terminal): () => void {
  makeFolder(folder);
  let kept = false;
  terminal.undoAtExit(() => {
    if (!kept) removeEmpty(folder);
  });
  return () => {
    kept = true;
  };
}

/** Removes a folder if it is empty. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Another program has written files there.
  }
}

/** Writes the record of each process to a folder for its side, named by the number of its pair. */
export async function writeRecords(
  folder: string,
  pairs: readonly Pair[],
  terminal: Terminal,
): Promise<void> {
  const digits = String(pairs.length).length;
  for (const side of ['base', 'head'] as const) {
    const records = pairs.flatMap((pair) => pair[side] ?? []);
    if (records.length > 0) makeFolder(join(folder, side));
    for (const [i, record] of records.entries()) {
      const path = join(folder, side, `${String(i + 1).padStart(digits, '0')}.json`);
      await writeOutput(outputFileAt(path), jsonText(record), terminal);
    }
  }
}
