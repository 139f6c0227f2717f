import { mkdtempSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { dataError, PinbenchError, usageError } from '../errors.js';
import { systemReasonOf } from '../system-error.js';
import { asDataError } from './fault.js';
import { beginningOf } from './first-bytes.js';
import { PREFIX_BYTES } from './other-formats.js';
import { type RegularFile, regularFileOf } from './regular-file.js';

/** The path that stands for standard input. */
export const STANDARD_INPUT = '-';
/** The name of standard input in errors and records. */
export const STANDARD_INPUT_NAME = 'standard input';

type Input = Readable & { readonly isTTY?: boolean };

/**
 * Copies standard input to an unnamed temporary file, which is then read like any other file. Throws a usage error if standard
 * input is a terminal. Throws a data error if it cannot be read, if there is no space for it, or if its format is unknown; the
 * first bytes tell the format, before any more is read. The temporary file disappears when it is closed, however the process
 * ends.
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
        await asDataError(STANDARD_INPUT_NAME, () =>
          beginningOf(first.subarray(0, PREFIX_BYTES), Number.POSITIVE_INFINITY),
        );
        kept = await unnamedFile();
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

/** Returns enough chunks to tell the format, or all if the input is shorter. Throws a data error if it is empty. */
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

/** Opens a file that exists only as long as it is open: its name is removed before anything is written. */
async function unnamedFile(): Promise<FileHandle> {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'pinbench-input-'));
    try {
      return await open(join(folder, 'standard-input'), 'wx+', 0o600);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch (cause) {
    throw cannotBeStored(cause);
  }
}

async function keep(file: FileHandle, bytes: Uint8Array): Promise<void> {
  try {
    await file.writeFile(bytes);
  } catch (cause) {
    throw cannotBeStored(cause);
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'set TMPDIR to a folder with enough space',
  EDQUOT: 'set TMPDIR to a folder with enough space',
  EFBIG: 'raise the file size limit (ulimit -f), or set TMPDIR to a folder on another file system',
};

function cannotBeStored(cause: unknown): PinbenchError {
  const { code = '' } = cause as NodeJS.ErrnoException;
  const reason = systemReasonOf(cause);
  return dataError(STANDARD_INPUT_NAME, `cannot be stored in the temporary folder ${tmpdir()} (${reason})`, {
    remedy: REMEDIES[code] ?? 'set TMPDIR to a writable folder',
    cause,
  });
}

function unreadable(cause: unknown): PinbenchError {
  if ((cause as NodeJS.ErrnoException).code === 'EISDIR')
    return dataError(STANDARD_INPUT_NAME, 'a directory', { cause, expected: 'an NPY or Arrow file' });
  return dataError(STANDARD_INPUT_NAME, `cannot be read (${systemReasonOf(cause)})`, {
    cause,
    remedy: 'pipe a file in, as in: pinbench run - < data.npy',
  });
}
