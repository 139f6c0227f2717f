import { mkdtempSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { dataError, PinbenchError, usageError } from '../errors.js';
import { whose } from './fault.js';
import { beginningOf } from './first-bytes.js';
import { PREFIX_BYTES } from './other-formats.js';
import { type RegularFile, regularFileOf } from './regular-file.js';

/** What stands for standard input where a path belongs. */
export const STANDARD_INPUT = '-';
/** How errors and records call it. */
export const STANDARD_INPUT_NAME = 'standard input';

type Input = Readable & { readonly isTTY?: boolean };

/**
 * Takes what is piped in to a file of no name, which is read like any other: the header first, and the rest where it belongs.
 * A usage error where nothing is piped in; a data error where it is of no format known here, which its first bytes tell before any
 * more is taken, cannot be read, or finds no room. The file is gone when it is closed, however the process ends.
 */
export async function openStandardInput(
  standardInput: () => Input,
  signal?: AbortSignal,
): Promise<RegularFile> {
  const input = inputOf(standardInput);
  if (input.isTTY === true)
    throw usageError('-', 'standard input is a terminal', {
      expected: 'a file piped in, as in: cat data.arrows | pinbench run -',
    });
  let kept: FileHandle | undefined;
  try {
    await pipeline(
      input,
      async (source: AsyncIterable<Uint8Array>) => {
        const chunks = source[Symbol.asyncIterator]();
        const first = await beginning(chunks);
        await whose(STANDARD_INPUT_NAME, () =>
          beginningOf(first.subarray(0, PREFIX_BYTES), Number.POSITIVE_INFINITY),
        );
        kept = await fileOfNoName();
        await keep(kept, first);
        for (let next = await chunks.next(); !next.done; next = await chunks.next())
          await keep(kept, next.value);
      },
      { signal },
    );
    return await regularFileOf(kept!, STANDARD_INPUT_NAME);
  } catch (cause) {
    await kept?.close();
    signal?.throwIfAborted();
    throw cause instanceof PinbenchError ? cause : unreadable(cause);
  }
}

function inputOf(standardInput: () => Input): Input {
  try {
    return standardInput();
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** As many chunks as tell the format, or all where there is less. A data error where there is nothing. */
async function beginning(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const taken: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < PREFIX_BYTES) {
    const { value, done } = await chunks.next();
    if (done) break;
    taken.push(value);
    bytes += value.length;
  }
  if (bytes === 0) throw dataError(STANDARD_INPUT_NAME, 'empty', { expected: 'an NPY or Arrow file' });
  return Buffer.concat(taken);
}

/** A file that is there as long as it is open: its name is taken away before anything is written. */
async function fileOfNoName(): Promise<FileHandle> {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'pinbench-input-'));
    try {
      return await open(join(folder, 'standard-input'), 'wx+', 0o600);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch (cause) {
    throw unkept(cause);
  }
}

async function keep(file: FileHandle, bytes: Uint8Array): Promise<void> {
  try {
    await file.writeFile(bytes);
  } catch (cause) {
    throw unkept(cause);
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'name a folder with room in TMPDIR',
  EDQUOT: 'name a folder with room in TMPDIR',
  EFBIG:
    'raise the limit on the size of files (ulimit -f), or name a folder of another file system in TMPDIR',
};

function unkept(cause: unknown): PinbenchError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const why = code || message;
  return dataError(
    STANDARD_INPUT_NAME,
    `cannot be kept in the folder for temporary files, ${tmpdir()} (${why})`,
    {
      remedy: REMEDIES[code] ?? 'name a folder that can be written to in TMPDIR',
      cause,
    },
  );
}

function unreadable(cause: unknown): PinbenchError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'EISDIR')
    return dataError(STANDARD_INPUT_NAME, 'a directory', { cause, expected: 'an NPY or Arrow file' });
  return dataError(STANDARD_INPUT_NAME, `cannot be read (${code ?? message})`, {
    cause,
    remedy: 'pipe a file in, as in: pinbench run - < data.npy',
  });
}
