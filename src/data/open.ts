import { dataError, type PinbenchError, usageError } from '../errors.js';
import type { DataFile, Dataset, LoadOptions } from './dataset.js';
import { openNpy } from './npy.js';
import { NPY_MAGIC } from './npy-header.js';
import { openRegular } from './regular-file.js';

/** What opening may be told. */
export interface OpenOptions {
  /** Arrow columns to stack as the matrix, in this order; default all numeric ones. */
  readonly columns?: readonly string[] | undefined;
}

/** Bytes that tell one format from another. */
const MAGIC_BYTES = 8;
const RESAVE = 'save it with numpy.save, or as Arrow with pyarrow.feather.write_feather';

/** Opens an NPY or Arrow file, told apart by their first bytes, and reads its header. A data error says what is wrong with it. */
export async function openFile(path: string, { columns }: OpenOptions = {}): Promise<DataFile> {
  const { file, fileBytes } = await openRegular(path);
  try {
    const magic = new Uint8Array(Math.min(MAGIC_BYTES, fileBytes));
    await file.read(magic, 0, magic.length, 0);
    if (startsWith(magic, NPY_MAGIC)) {
      if (columns !== undefined) {
        throw usageError('--column', `${path} is an NPY file, whose columns have no names`, {
          remedy: 'leave it out',
        });
      }
      return await openNpy(path, file, fileBytes);
    }
    const variety = arrowVariety(magic);
    if (variety === undefined) throw unknownFormat(path, magic);
    const { openArrow } = await import('./arrow.js');
    return await openArrow(path, file, fileBytes, variety, columns);
  } finally {
    await file.close();
  }
}

/** Opens a file and loads it whole. */
export async function openDataset(path: string, options: OpenOptions & LoadOptions = {}): Promise<Dataset> {
  return (await openFile(path, options)).load(options);
}

const text = (characters: string) => Uint8Array.from(characters, (character) => character.charCodeAt(0));

function startsWith(bytes: Uint8Array, magic: Uint8Array): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/** `ARROW1` begins an IPC file, which Feather v2 is too. A stream begins with a message: a continuation marker and its length, or before Arrow 0.15 its length alone. */
function arrowVariety(magic: Uint8Array): 'file' | 'stream' | undefined {
  if (startsWith(magic, text('ARROW1'))) return 'file';
  if (magic.length < MAGIC_BYTES) return undefined;
  const view = new DataView(magic.buffer);
  if (view.getUint32(0, true) === 0xffffffff) return 'stream';
  // The first message is the schema: a flatbuffer of some dozens of bytes to some kilobytes, whose root table is near.
  const [length, root] = [view.getUint32(0, true), view.getUint32(4, true)];
  return length >= 16 && length < 2 ** 20 && length % 4 === 0 && root >= 4 && root < 64 && root % 2 === 0
    ? 'stream'
    : undefined;
}

/** Formats a user may take for one of ours, by their first bytes. */
const OTHERS: readonly (readonly [magic: Uint8Array, what: string, remedy: string])[] = [
  [
    text('PK\x03\x04'),
    'a zip archive, perhaps .npz',
    "save one array: numpy.save('x.npy', numpy.load('x.npz')['name'])",
  ],
  [text('\x89HDF'), 'an HDF5 file', 'save the dataset with numpy.save'],
  [
    text('PAR1'),
    'a Parquet file',
    'convert it: pyarrow.feather.write_feather(pyarrow.parquet.read_table(…))',
  ],
  [
    text('FEA1'),
    'a Feather file of version 1',
    'write version 2: pyarrow.feather.write_feather(table, path, version=2)',
  ],
  [text('\x1f\x8b'), 'gzip data', 'unpack it first'],
  [text('\x28\xb5\x2f\xfd'), 'Zstandard data', 'unpack it first'],
  [text('\x80\x04'), 'a Python pickle, which is never loaded', RESAVE],
  [text('\x80\x05'), 'a Python pickle, which is never loaded', RESAVE],
];

function unknownFormat(path: string, magic: Uint8Array): PinbenchError {
  const other = OTHERS.find(([bytes]) => startsWith(magic, bytes));
  if (other !== undefined)
    return dataError(path, other[1], { expected: 'an NPY or Arrow file', remedy: other[2] });
  const printable = magic.every(
    (byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09,
  );
  const what = printable
    ? 'text, perhaps CSV'
    : 'not an array: its first bytes are those of no format known here';
  return dataError(path, what, { expected: 'an NPY or Arrow file', remedy: RESAVE });
}
