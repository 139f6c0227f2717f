import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { dataError, usageError } from '../errors.js';
import { openRegular, type RegularFile } from './regular-file.js';

/** What stands for standard input where a path belongs. */
export const STANDARD_INPUT = '-';
/** How errors and records call it. */
export const STANDARD_INPUT_NAME = 'standard input';

/**
 * Takes what is piped in to a file of no name, which is read like any other: the header first, and the rest where it belongs.
 * A usage error where nothing is piped in; a data error where there is no room. The file is gone when it is closed, however
 * the process ends.
 */
export async function openStandardInput(
  input: Readable & { readonly isTTY?: boolean },
  signal?: AbortSignal,
): Promise<RegularFile> {
  if (input.isTTY === true)
    throw usageError('-', 'standard input is a terminal', {
      expected: 'a file piped in, as in: cat data.arrows | pinbench run -',
    });
  const folder = await mkdtemp(join(tmpdir(), 'pinbench-input-'));
  try {
    const path = join(folder, 'standard-input');
    await pipeline(input, createWriteStream(path), { signal }).catch((cause: unknown) => {
      throw signal?.aborted === true ? cause : unkept(cause);
    });
    return await openRegular(path, STANDARD_INPUT_NAME);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function unkept(cause: unknown) {
  const { code, message } = cause as NodeJS.ErrnoException;
  return dataError(
    STANDARD_INPUT_NAME,
    `cannot be kept in the folder for temporary files (${code ?? message})`,
    {
      remedy: 'name a folder with room in TMPDIR',
      cause,
    },
  );
}
