import type { BigIntStats, Stats } from 'node:fs';
import { constants, type FileHandle, open, stat } from 'node:fs/promises';
import { dataError, type PinbenchError, usageError } from '../errors.js';
import { firstDataFileIn } from './folder.js';

/** A regular file that is open for reading, and what it was when it was opened. */
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

  /** A usage error where it was closed, by whom it belongs to, with what that made of a read that was under way. */
  mustBeOpen(cause?: unknown): void {
    if (this.#closed) throw usageError(this.path, 'the file was closed', { remedy: 'open it again', cause });
  }

  /** A data error where the file was written to since it was opened: what its header says holds no longer. */
  async mustBeUnchanged(): Promise<void> {
    this.mustBeOpen();
    const { size, mtimeNs } = await this.file.stat({ bigint: true });
    if (size !== this.#opened.size || mtimeNs !== this.#opened.mtimeNs) {
      throw dataError(this.path, 'the file was changed after it was opened', { remedy: 'run again' });
    }
  }

  /** May be called again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.file.close();
  }
}

/** Opens a regular file for reading; a data error says why it cannot be. */
export async function openRegular(path: string): Promise<RegularFile> {
  const name = path === '' ? '""' : path;
  // Asked before the file is opened: a device may act on being opened.
  await mustBeRegular(name, await stat(path).catch(unreadableAt(name)));
  // Without waiting, should a pipe take the path in between: to open one waits for its writer.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(unreadableAt(name));
  try {
    return await regularFileOf(file, name);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A file that is open already, by its path or by what it is called; a data error where it is none with data in it. */
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

/** The files of /proc have bytes and no size: what they hold is made as it is read. */
async function emptyOrWithoutSize(file: FileHandle, path: string): Promise<PinbenchError> {
  const expected = 'an NPY or Arrow file';
  try {
    const { bytesRead } = await file.read(new Uint8Array(1), 0, 1, 0);
    if (bytesRead === 0) return dataError(path, 'empty', { expected });
  } catch (cause) {
    return dataError(path, `cannot be read (${(cause as NodeJS.ErrnoException).code})`, { expected, cause });
  }
  return dataError(path, 'a file that does not say its size', {
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
      return dataError(path, `cannot be opened (${cause.code ?? cause.message})`, { cause });
  }
}
