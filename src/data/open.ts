import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { usageError } from '../errors.js';
import { mustBeOptions, settingOf } from '../settings.js';
import type { Contents, Dataset, LoadOptions, OpenDataFile } from './dataset.js';
import { asDataError } from './fault.js';
import { beginningOf } from './first-bytes.js';
import { openNpy } from './npy/npy.js';
import { PREFIX_BYTES } from './other-formats.js';
import { openRegular, type RegularFile } from './regular-file.js';
import { openStandardInput, STANDARD_INPUT, STANDARD_INPUT_NAME } from './standard-input.js';

/** Options for opening. */
export interface OpenOptions {
  /** Arrow columns that make up the matrix, in this order. Default: all numeric ones. */
  readonly columns?: readonly string[] | undefined;
  /** The stream that the path `-` stands for. */
  readonly standardInput?: (() => Readable) | undefined;
  /** When it fires, opening stops and throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The known options; any other name is rejected as misspelt. */
const OPEN_OPTIONS = ['columns', 'standardInput', 'signal'] as const satisfies (keyof OpenOptions)[];
const LOAD_OPTIONS = ['dtype', 'onProgress', 'signal'] as const satisfies (keyof LoadOptions)[];

/**
 * Opens an NPY or Arrow file, told apart by the first bytes, and reads its header. Throws a data error if the file is invalid and
 * a usage error if the options are. The file stays open until `close`, so that `load` reads the data that the header describes.
 */
export async function openFile(path: string, options: OpenOptions = {}): Promise<OpenDataFile> {
  mustBePath('openFile', path);
  mustBeOptions(options, OPEN_OPTIONS);
  return openChecked(path, options);
}

/** Opens a file, loads all of it and closes it. */
export async function openDataset(path: string, options: OpenOptions & LoadOptions = {}): Promise<Dataset> {
  mustBePath('openDataset', path);
  mustBeOptions(options, [...new Set([...OPEN_OPTIONS, ...LOAD_OPTIONS])]);
  const { dtype, onProgress, signal } = options;
  settingOf('dtype', dtype);
  const file = await openChecked(path, options);
  try {
    return await file.load({ dtype, onProgress, signal });
  } finally {
    await file.close();
  }
}

/** What errors and records call the file at `path` when standard input was passed to `openFile`. */
export function nameOf(path: string): string {
  return path === STANDARD_INPUT ? STANDARD_INPUT_NAME : path;
}

async function openChecked(
  path: string,
  { standardInput, signal, ...options }: OpenOptions,
): Promise<OpenDataFile> {
  const columns = settingOf('columns', options.columns);
  const file =
    path === STANDARD_INPUT && standardInput !== undefined
      ? await openStandardInput(standardInput, signal)
      : await openRegular(path);
  try {
    return heldOpen(await asDataError(file.path, () => contentsOf(file, { columns, signal })), file, columns);
  } catch (error) {
    await file.close();
    throw error;
  }
}

function mustBePath(caller: string, path: unknown): void {
  if (typeof path === 'string') return;
  throw usageError(caller, 'its first argument is not a path', {
    expected: 'the path of an NPY or Arrow file',
  });
}

async function contentsOf(
  { file, fileBytes }: RegularFile,
  options: Pick<OpenOptions, 'columns' | 'signal'>,
): Promise<Contents> {
  options.signal?.throwIfAborted();
  const { buffer, bytesRead } = await file.read(new Uint8Array(PREFIX_BYTES), 0, PREFIX_BYTES, 0);
  const beginning = beginningOf(buffer.subarray(0, bytesRead), fileBytes);
  if (beginning.format === 'npy') {
    if (options.columns !== undefined) {
      throw usageError('--column', 'the columns of an NPY file have no names', { remedy: 'omit --column' });
    }
    return openNpy(file, fileBytes);
  }
  const { openArrow } = await import('./arrow/arrow.js');
  return openArrow(file, fileBytes, beginning.variety, options);
}

/** Closes the handles of files that a program dropped without closing them; Node itself would print a warning for each. */
const DROPPED = new FinalizationRegistry<FileHandle>((file) => {
  file.close().catch(() => {});
});

function heldOpen(contents: Contents, opened: RegularFile, columns: OpenOptions['columns']): OpenDataFile {
  const { path, fileBytes } = opened;
  const { format, leftOut } = contents;
  DROPPED.register(opened, opened.file, opened);
  return {
    ...contents,
    path,
    fileBytes,
    load: async (options: LoadOptions = {}) => {
      mustBeOptions(options, LOAD_OPTIONS);
      const dtype = settingOf('dtype', options.dtype);
      try {
        await opened.mustBeUnchanged();
        const matrix = await asDataError(path, () => contents.load({ ...options, dtype }));
        await opened.mustBeUnchanged();
        return { path, format, ...matrix, ...(columns && { columns }), ...(leftOut && { leftOut }) };
      } catch (error) {
        // If the file was closed during a read, report that instead of the read's own error.
        opened.mustBeOpen(error);
        throw error;
      }
    },
    close: async () => {
      DROPPED.unregister(opened);
      await opened.close();
    },
  };
}
