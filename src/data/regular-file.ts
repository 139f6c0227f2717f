import { type FileHandle, open, stat } from 'node:fs/promises';
import { dataError, type PinbenchError } from '../errors.js';

/** Opens a regular file for reading; a data error says why it cannot be. */
export async function openRegular(path: string): Promise<{ file: FileHandle; fileBytes: number }> {
  const fileBytes = await regularFileBytes(path);
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, cause);
  });
  return { file, fileBytes };
}

/** Asked before the file is opened: to open a pipe would wait for its writer. */
async function regularFileBytes(path: string): Promise<number> {
  const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, cause);
  });
  if (stats.isDirectory()) throw dataError(path, 'a directory', { expected: 'an NPY or Arrow file' });
  if (!stats.isFile()) {
    throw dataError(path, 'a pipe or a device', {
      expected: 'a regular file',
      remedy: 'copy it to a file first',
    });
  }
  if (stats.size === 0) throw dataError(path, 'empty', { expected: 'an NPY or Arrow file' });
  return stats.size;
}

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
