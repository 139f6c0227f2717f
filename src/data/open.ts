import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { usageError } from '../errors.js';
import type { Contents, Dataset, LoadOptions, OpenDataFile } from './dataset.js';
import { Fault, whose } from './fault.js';
import { NPY_MAGIC } from './npy/header.js';
import { openNpy } from './npy/npy.js';
import { otherFormat, PREFIX_BYTES } from './other-formats.js';
import { openRegular, type RegularFile } from './regular-file.js';
import { openStandardInput, STANDARD_INPUT } from './standard-input.js';

/** What opening may be told. */
export interface OpenOptions {
  /** Arrow columns to stack as the matrix, in this order; default all numeric ones. */
  readonly columns?: readonly string[] | undefined;
  /** What the path `-` stands for. */
  readonly standardInput?: () => Readable;
  /** Opening stops when it fires, with its reason thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** Bytes that tell whether a file is Arrow. */
const ARROW_BYTES = 8;

/**
 * Opens an NPY or Arrow file, told apart by their first bytes, and reads its header. A data error says what is wrong with it.
 * The file stays open until `close`, so that `load` reads what the header speaks of.
 */
export async function openFile(path: string, options: OpenOptions = {}): Promise<OpenDataFile> {
  const { columns, standardInput, signal } = options;
  const opened =
    path === STANDARD_INPUT && standardInput !== undefined
      ? await openStandardInput(standardInput(), signal)
      : await openRegular(path);
  try {
    return heldOpen(await whose(opened.path, () => contentsOf(opened, { columns, signal })), opened);
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
  { file, fileBytes }: RegularFile,
  options: Pick<OpenOptions, 'columns' | 'signal'>,
): Promise<Contents> {
  options.signal?.throwIfAborted();
  const { buffer, bytesRead } = await file.read(new Uint8Array(PREFIX_BYTES), 0, PREFIX_BYTES, 0);
  const prefix = buffer.subarray(0, bytesRead);
  if (startsWith(prefix, NPY_MAGIC)) {
    if (options.columns !== undefined) {
      throw usageError('--column', 'the columns of an NPY file have no names', { remedy: 'leave it out' });
    }
    return openNpy(file, fileBytes);
  }
  const variety = arrowVariety(prefix, fileBytes);
  if (variety === undefined) throw unknownFormat(prefix, fileBytes);
  const { openArrow } = await import('./arrow/arrow.js');
  return openArrow(file, fileBytes, variety, options);
}

/** Closes the handles of files that a program dropped without closing them; Node itself would warn of each. */
const DROPPED = new FinalizationRegistry<FileHandle>((file) => {
  file.close().catch(() => {});
});

function heldOpen(contents: Contents, opened: RegularFile): OpenDataFile {
  const { path, fileBytes } = opened;
  const { format, leftOut } = contents;
  DROPPED.register(opened, opened.file, opened);
  return {
    ...contents,
    path,
    fileBytes,
    load: async (options) => {
      await opened.mustBeUnchanged();
      const matrix = await whose(path, () => contents.load(options));
      await opened.mustBeUnchanged();
      return { path, format, ...matrix, ...(leftOut && { leftOut }) };
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

function unknownFormat(prefix: Uint8Array, fileBytes: number): Fault {
  const { what, remedy } = otherFormat(prefix, fileBytes) ?? {
    what: 'not an array: its first bytes are those of no format known here',
    remedy: 'save it with numpy.save, or as Arrow with pyarrow.feather.write_feather',
  };
  return new Fault(what, { expected: 'an NPY or Arrow file', remedy });
}
