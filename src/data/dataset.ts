import { DTYPE_TABLE } from '../tables/dtypes.js';
import { type DataFormat, DTYPES, type DType, type DTypeRequest } from '../words.js';
import { Fault } from './fault.js';
import { askForHugePages } from './huge-pages.js';

/** The array type that holds the elements of each dtype. A float16 is kept as its bits, a bool as a byte. */
export type ValuesByDType = { readonly [T in DType]: InstanceType<(typeof DTYPE_TABLE)[T]['array']> };
export type Values = ValuesByDType[DType];

/** A row-major `rows × cols` matrix in host memory, read from one file. */
export interface Dataset {
  readonly path: string;
  readonly format: DataFormat;
  /** Element type of `values`. */
  readonly dtype: DType;
  /** Element type in the file, if `values` were cast from it; several types, joined by `+`, if the columns differ. */
  readonly castFrom?: string;
  readonly rows: number;
  readonly cols: number;
  /**
   * `rows · cols` elements; row `r` is `[r·cols, (r+1)·cols)`. They may lie in a SharedArrayBuffer; `webgpu` then copies them
   * once.
   */
  readonly values: Values;
  /** The columns of an Arrow file that form the matrix, if they were named. */
  readonly columns?: readonly string[];
  /** Columns of an Arrow file that were left out although no columns were named. */
  readonly leftOut?: readonly LeftOut[];
}

/** A matrix without the file that it came from. */
export type LoadedMatrix = Omit<Dataset, 'path' | 'format' | 'columns' | 'leftOut'>;

/** A column that was left out although no columns were named: it holds no numbers, or it is the index of a pandas frame. */
export interface LeftOut {
  readonly name: string;
  readonly type: string;
  readonly why: 'no-numbers' | 'type-not-read' | 'pandas-index';
}

/** Options for loading. */
export interface LoadOptions {
  /** `float32` casts with numpy's rounding; `native` keeps the file's type. Default: `float32`. */
  readonly dtype?: DTypeRequest | undefined;
  /** Called between chunks with the bytes done so far and in total: bytes of the file, or of the matrix if columns are combined. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  /** When it fires, loading stops between chunks and throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A column of an Arrow file, as `inspect` shows it. */
export interface ColumnInfo {
  readonly name: string;
  /** Arrow's own name for the type, such as `Float32` or `FixedSizeList[3]<Float64>`. */
  readonly type: string;
  /** How many columns of the matrix it fills; 0 if it is not read. */
  readonly width: number;
  /** Why it is not read, unless that is because other columns were named. */
  readonly leftOut?: LeftOut['why'];
}

/** A file whose header was read and is valid. Nothing large is allocated before `load`. */
export interface DataFile {
  readonly path: string;
  readonly format: DataFormat;
  /** Variant of the format: `1.0`…`3.0` for NPY; `file` or `stream` for Arrow. */
  readonly variety: string;
  /** Element type in the file; several types, joined by `+`, if the columns differ. */
  readonly dtype: string;
  /** The shape in the file, before it is flattened to a matrix. */
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
  /** Columns that are left out although no columns were named; Arrow only. */
  readonly leftOut?: readonly LeftOut[];
  /** Loads the matrix. Throws a data error if the file is damaged, was changed, or is too large for memory. */
  load(options?: LoadOptions): Promise<Dataset>;
}

/** The contents of a data file, as the reader of its format reports them; `open.ts` adds the path and the size. */
export interface Contents extends Omit<DataFile, 'path' | 'fileBytes' | 'load'> {
  load(options?: LoadOptions): Promise<LoadedMatrix>;
}

/** A data file that is open: `load` reads the same file whose header was read, and throws if it was changed since. */
export interface OpenDataFile extends DataFile {
  /** Closes the file, which cannot be loaded afterwards. May be called again. */
  close(): Promise<void>;
}

/** The most elements that one typed array may hold: V8's limit in Node 20 (2^32, found by experiment). */
export const MAX_ELEMENTS = 2 ** 32;

/** Size of one element of each dtype, bytes. */
export const ELEMENT_BYTES = Object.fromEntries(
  DTYPES.map((dtype) => [dtype, DTYPE_TABLE[dtype].array.BYTES_PER_ELEMENT]),
) as Readonly<Record<DType, number>>;

const ARRAYS: { readonly [T in DType]: { readonly array: new (length: number) => ValuesByDType[T] } } =
  DTYPE_TABLE;

/** Allocates an array of `length` elements of a dtype, all zero. */
export function allocate<T extends DType>(dtype: T, length: number): ValuesByDType[T] {
  return new ARRAYS[dtype].array(length);
}

/** Allocates a zeroed matrix, in huge pages if Linux grants them. Throws a fault if the host does not have that much memory. */
export async function allocateMatrix<T extends DType>(
  dtype: T,
  rows: number,
  cols: number,
): Promise<ValuesByDType[T]> {
  const values = roomFor(dtype, rows * cols);
  await askForHugePages(values);
  return values;
}

/** Allocates an array of `length` elements of a dtype, all zero. Throws a fault if the host does not have that much memory. */
export function roomFor<T extends DType>(dtype: T, length: number): ValuesByDType[T] {
  try {
    return allocate(dtype, length);
  } catch (cause) {
    throw new Fault(`${length * ELEMENT_BYTES[dtype]} bytes of ${dtype} do not fit in this host's memory`, {
      remedy: 'save part of it',
      cause,
    });
  }
}
