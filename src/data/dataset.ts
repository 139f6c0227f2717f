import { DTYPE_TABLE } from '../tables/dtypes.js';
import { type DataFormat, DTYPES, type DType, type DTypeRequest } from '../words.js';
import { Fault } from './fault.js';
import { askForHugePages } from './huge-pages.js';

/** The array that holds a dtype's elements. float16 is kept as its bits, bool as bytes. */
export type ValuesByDType = { readonly [T in DType]: InstanceType<(typeof DTYPE_TABLE)[T]['array']> };
export type Values = ValuesByDType[DType];

/** A row-major `rows × cols` matrix in host memory, from one file. */
export interface Dataset {
  readonly path: string;
  readonly format: DataFormat;
  /** Element type of `values`. */
  readonly dtype: DType;
  /** Element type in the file, where `values` were cast from it; several, joined by `+`, where columns differ. */
  readonly castFrom?: string;
  readonly rows: number;
  readonly cols: number;
  /** `rows · cols` elements; row `r` is `[r·cols, (r+1)·cols)`. Over a SharedArrayBuffer it works too; for `webgpu` it is then copied once. */
  readonly values: Values;
  /** Columns of an Arrow file that were not read though nobody named others. */
  readonly leftOut?: readonly LeftOut[];
}

/** A matrix without the file that it came from. */
export type LoadedMatrix = Omit<Dataset, 'path' | 'format' | 'leftOut'>;

/** A column that was not read though nobody named others: it holds no numbers, or it is the index of a pandas frame. */
export interface LeftOut {
  readonly name: string;
  readonly type: string;
  readonly why: 'no-numbers' | 'type-not-read' | 'pandas-index';
}

/** What loading may be told. */
export interface LoadOptions {
  /** `float32` casts with numpy's rounding, `native` keeps the file's type. Default `float32`. */
  readonly dtype?: DTypeRequest | undefined;
  /** Called between chunks with the bytes of payload read so far and in all. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  /** Loading stops between chunks when it fires, with its reason thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** A column of an Arrow file, as `inspect` shows it. */
export interface ColumnInfo {
  readonly name: string;
  /** Arrow's own name of the type, such as `Float32` or `FixedSizeList[3]<Float64>`. */
  readonly type: string;
  /** How many columns of the matrix it gives; 0 where it is not read. */
  readonly width: number;
  /** Why it is not read, where that is not because others were named. */
  readonly leftOut?: LeftOut['why'];
}

/** A file whose header was read and found good. Nothing large is allocated before `load`. */
export interface DataFile {
  readonly path: string;
  readonly format: DataFormat;
  /** Which shape of the format: `1.0`…`3.0` for NPY; `file` or `stream` for Arrow. */
  readonly variety: string;
  /** Element type in the file; several, joined by `+`, where columns differ. */
  readonly dtype: string;
  /** The shape as the file has it, before it is made a matrix. */
  readonly shape: readonly number[];
  readonly rows: number;
  readonly cols: number;
  readonly fileBytes: number;
  readonly order: 'row-major' | 'column-major';
  readonly byteOrder: 'little' | 'big';
  /** Buffer compression, Arrow only. */
  readonly compression: 'none' | 'lz4' | 'zstd';
  /** Arrow only. */
  readonly columns?: readonly ColumnInfo[];
  /** Columns that are not read though nobody named others; Arrow only. */
  readonly leftOut?: readonly LeftOut[];
  load(options?: LoadOptions): Promise<Dataset>;
}

/** What is in a data file, as the reader of its format finds it: whose it is, `open.ts` adds. */
export interface Contents extends Omit<DataFile, 'path' | 'fileBytes' | 'load'> {
  load(options?: LoadOptions): Promise<LoadedMatrix>;
}

/** A data file that is open: `load` reads the very file whose header was read, or throws where it was changed since. */
export interface OpenDataFile extends DataFile {
  /** Closes the file, which cannot be loaded afterwards. May be called again. */
  close(): Promise<void>;
}

/** The most elements one typed array may hold: V8's limit in Node 20 (2^32; seen by trying). */
export const MAX_ELEMENTS = 2 ** 32;

/** Bytes of one element of a dtype. */
export const ELEMENT_BYTES = Object.fromEntries(
  DTYPES.map((dtype) => [dtype, DTYPE_TABLE[dtype].array.BYTES_PER_ELEMENT]),
) as Readonly<Record<DType, number>>;

const ARRAYS: { readonly [T in DType]: { readonly array: new (length: number) => ValuesByDType[T] } } =
  DTYPE_TABLE;

/** Room for `length` elements of a dtype, all zero. */
export function allocate<T extends DType>(dtype: T, length: number): ValuesByDType[T] {
  return new ARRAYS[dtype].array(length);
}

/** Room for the matrix of a file, all zero, in huge pages where Linux gives them; a fault where the host has not so much memory. */
export async function allocateMatrix<T extends DType>(
  dtype: T,
  rows: number,
  cols: number,
): Promise<ValuesByDType[T]> {
  const values = roomFor(dtype, rows * cols);
  await askForHugePages(values);
  return values;
}

/** Room for `length` elements of a dtype, all zero; a fault where the host has not so much memory. */
export function roomFor<T extends DType>(dtype: T, length: number): ValuesByDType[T] {
  try {
    return allocate(dtype, length);
  } catch (cause) {
    throw new Fault(`${length * ELEMENT_BYTES[dtype]} bytes of ${dtype} do not fit in this host's memory`, {
      remedy: 'save a part of it',
      cause,
    });
  }
}
