import type { FileHandle } from 'node:fs/promises';
import { dataError, type PinbenchError, usageError } from '../errors.js';
import type { DataFile, Dataset, LoadOptions, OpenDataFile } from './dataset.js';
import { openNpy } from './npy.js';
import { NPY_MAGIC } from './npy-header.js';
import { otherFormat, PREFIX_BYTES } from './other-formats.js';
import { openRegular, type RegularFile } from './regular-file.js';

/** What opening may be told. */
export interface OpenOptions {
  /** Arrow columns to stack as the matrix, in this order; default all numeric ones. */
  readonly columns?: readonly string[] | undefined;
}

/** Bytes that tell whether a file is Arrow. */
const ARROW_BYTES = 8;

/**
 * Opens an NPY or Arrow file, told apart by their first bytes, and reads its header. A data error says what is wrong with it.
 * The file stays open until `close`, so that `load` reads what the header speaks of.
 */
export async function openFile(path: string, { columns }: OpenOptions = {}): Promise<OpenDataFile> {
  const opened = await openRegular(path);
  try {
    return heldOpen(await contentsOf(opened, columns), opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Opens a file, loads it whole and closes it. */
export async function openDataset(path: string, options: OpenOptions & LoadOptions = {}): Promise<Dataset> {
  const file = await openFile(path, options);
  try {
    return await file.load(options);
  } finally {
    await file.close();
  }
}

async function contentsOf(
  { path, file, fileBytes }: RegularFile,
  columns: readonly string[] | undefined,
): Promise<DataFile> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(PREFIX_BYTES), 0, PREFIX_BYTES, 0);
  const prefix = buffer.subarray(0, bytesRead);
  if (startsWith(prefix, NPY_MAGIC)) {
    if (columns !== undefined) {
      throw usageError('--column', `${path} is an NPY file, whose columns have no names`, {
        remedy: 'leave it out',
      });
    }
    return openNpy(path, file, fileBytes);
  }
  const variety = arrowVariety(prefix, fileBytes);
  if (variety === undefined) throw unknownFormat(path, prefix, fileBytes);
  const { openArrow } = await import('./arrow.js');
  return openArrow(path, file, fileBytes, variety, columns);
}

/** Closes the handles of files that a program dropped without closing them; Node itself would warn of each. */
const DROPPED = new FinalizationRegistry<FileHandle>((file) => {
  file.close().catch(() => {});
});

function heldOpen(contents: DataFile, opened: RegularFile): OpenDataFile {
  DROPPED.register(opened, opened.file, opened);
  const mustBeTheSame = async () => {
    await opened.mustBeUnchanged();
    // Arrow data is read through a handle of its own, opened by the path.
    if (contents.format === 'arrow') await opened.mustBeAtItsPath();
  };
  return {
    ...contents,
    load: async (options) => {
      await mustBeTheSame();
      const dataset = await contents.load(options);
      await mustBeTheSame();
      return dataset;
    },
    close: async () => {
      DROPPED.unregister(opened);
      await opened.close();
    },
  };
}

const text = (characters: string) => Uint8Array.from(characters, (character) => character.charCodeAt(0));

function startsWith(bytes: Uint8Array, magic: Uint8Array): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/** `ARROW1` begins an IPC file, which Feather v2 is too. A stream begins with a message: a continuation marker and its length, or before Arrow 0.15 its length alone. */
function arrowVariety(magic: Uint8Array, fileBytes: number): 'file' | 'stream' | undefined {
  if (startsWith(magic, text('ARROW1'))) return 'file';
  if (magic.length < ARROW_BYTES) return undefined;
  const view = new DataView(magic.buffer, magic.byteOffset);
  if (view.getUint32(0, true) === 0xffffffff) return 'stream';
  // The first message is the schema: a flatbuffer, of any length for any number of columns, whose root table is near.
  const [length, root] = [view.getUint32(0, true), view.getUint32(4, true)];
  return length >= 16 &&
    length <= fileBytes - 4 &&
    length % 4 === 0 &&
    root >= 4 &&
    root < 64 &&
    root % 2 === 0
    ? 'stream'
    : undefined;
}

function unknownFormat(path: string, prefix: Uint8Array, fileBytes: number): PinbenchError {
  const { what, remedy } = otherFormat(prefix, fileBytes) ?? {
    what: 'not an array: its first bytes are those of no format known here',
    remedy: 'save it with numpy.save, or as Arrow with pyarrow.feather.write_feather',
  };
  return dataError(path, what, { expected: 'an NPY or Arrow file', remedy });
}
