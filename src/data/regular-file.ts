import type { BigIntStats, Stats } from 'node:fs';
import { constants, type FileHandle, open, stat } from 'node:fs/promises';
import { dataError, type PinbenchError, usageError } from '../errors.js';

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

  /** A data error where the file was written to since it was opened: what its header says holds no longer. */
  async mustBeUnchanged(): Promise<void> {
    if (this.#closed) throw usageError(this.path, 'the file was closed', { remedy: 'open it again' });
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

/** Opens a regular file for reading, under a name of its own where its path means nothing; a data error says why it cannot be. */
export async function openRegular(path: string, name = path): Promise<RegularFile> {
  // Asked before the file is opened: a device may act on being opened.
  mustBeRegular(name, await stat(path).catch(unreadableAt(name)));
  // Without waiting, should a pipe take the path in between: to open one waits for its writer.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(unreadableAt(name));
  try {
    const opened = await file.stat({ bigint: true });
    mustBeRegular(name, opened);
    return new RegularFile(name, file, opened);
  } catch (error) {
    await file.close();
    throw error;
  }
}

function mustBeRegular(path: string, stats: Stats | BigIntStats): void {
  if (stats.isDirectory()) throw dataError(path, 'a directory', { expected: 'an NPY or Arrow file' });
  if (!stats.isFile()) {
    throw dataError(path, 'a pipe or a device', {
      expected: 'a regular file',
      remedy: 'copy it to a file first',
    });
  }
  if (Number(stats.size) === 0) throw dataError(path, 'empty', { expected: 'an NPY or Arrow file' });
}

const unreadableAt = (path: string) => (cause: NodeJS.ErrnoException) => {
  throw unreadable(path, cause);
};

function unreadable(path: string, cause: NodeJS.ErrnoException): PinbenchError {
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
      return dataError(path, 'a directory', { cause, expected: 'an NPY or Arrow file' });
    default:
      return dataError(path, `cannot be opened (${cause.code ?? cause.message})`, { cause });
  }
}
