import type { BigIntStats, Stats } from 'node:fs';
import { constants, type FileHandle, open, stat } from 'node:fs/promises';
import { dataError, type PinbenchError, usageError } from '../errors.js';
import { systemReasonOf } from '../system-error.js';
import { firstDataFileIn } from './folder.js';

/** A regular file that is open for reading, with its size and modification time at opening. */
export class RegularFile {
  readonly path: string;
  readonly file: FileHandle;
  readonly fileBytes: number;
  readonly #opened: BigIntStats;
  #closed = false;

  constructor(path: string, file: FileHandle, opened: BigIntStats) {
    this.path = path;
    this.file = file;
    this.fileBytes = Number(opened.size);
    this.#opened = opened;
  }

  /** Throws a usage error if the caller has closed the file. `cause` is the error that closing it caused in a pending read. */
  mustBeOpen(cause?: unknown): void {
    if (this.#closed) throw usageError(this.path, 'the file was closed', { remedy: 'open it again', cause });
  }

  /** Throws a data error if the file was written to since it was opened, since its header may no longer describe it. */
  async mustBeUnchanged(): Promise<void> {
    this.mustBeOpen();
    const { size, mtimeNs } = await this.file.stat({ bigint: true });
    if (size !== this.#opened.size || mtimeNs !== this.#opened.mtimeNs) {
      throw dataError(this.path, 'the file was changed after it was opened', { remedy: 'run again' });
    }
  }

  /** Closes the file. May be called again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.file.close();
  }
}

/** Opens a regular file for reading. Throws a data error that says why it cannot be opened. */
export async function openRegular(path: string): Promise<RegularFile> {
  const name = path === '' ? '""' : path;
  // Check before opening: opening a device may have side effects.
  await mustBeRegular(name, await stat(path).catch(unreadableAt(name)));
  // Do not block if a pipe has replaced the file since the check: opening a pipe waits for its writer.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(unreadableAt(name));
  try {
    return await regularFileOf(file, name);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Wraps a file that is already open; `name` is its path or what errors call it. Throws a data error if it is not a regular file
 * with data.
 */
export async function regularFileOf(file: FileHandle, name: string): Promise<RegularFile> {
  const opened = await file.stat({ bigint: true });
  await mustBeRegular(name, opened);
  if (opened.size === 0n) throw await emptyOrWithoutSize(file, name);
  return new RegularFile(name, file, opened);
}

async function mustBeRegular(path: string, stats: Stats | BigIntStats): Promise<void> {
  if (stats.isDirectory()) throw await directory(path);
  if (!stats.isFile()) {
    throw dataError(path, 'a pipe or a device', {
      expected: 'a regular file',
      remedy: 'copy it to a file first, or pipe it in and give - as the file',
    });
  }
}

async function directory(path: string, cause?: unknown): Promise<PinbenchError> {
  const within = await firstDataFileIn(path);
  return dataError(path, 'a directory', {
    expected: 'an NPY or Arrow file',
    ...(within !== undefined && { remedy: `name a file in it, such as ${within}` }),
    cause,
  });
}

/** Files in /proc report a size of 0 but have data, which the kernel generates as it is read. */
async function emptyOrWithoutSize(file: FileHandle, path: string): Promise<PinbenchError> {
  const expected = 'an NPY or Arrow file';
  try {
    const { bytesRead } = await file.read(new Uint8Array(1), 0, 1, 0);
    if (bytesRead === 0) return dataError(path, 'empty', { expected });
  } catch (cause) {
    return dataError(path, `cannot be read (${systemReasonOf(cause)})`, { expected, cause });
  }
  return dataError(path, 'a special file that reports no size', {
    expected,
    remedy: 'copy it to a file first, or pipe it in and give - as the file',
  });
}

const unreadableAt = (path: string) => async (cause: NodeJS.ErrnoException) => {
  throw await unreadable(path, cause);
};

async function unreadable(path: string, cause: NodeJS.ErrnoException): Promise<PinbenchError> {
  switch (cause.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return dataError(path, 'no such file', { cause });
    case 'EACCES':
    case 'EPERM':
      return dataError(path, 'cannot be read: permission denied', {
        cause,
        remedy: 'check the permissions of the file',
      });
    case 'EISDIR':
      return directory(path, cause);
    default:
      return dataError(path, `cannot be opened (${systemReasonOf(cause)})`, { cause });
  }
}
