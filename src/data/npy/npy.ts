import type { FileHandle } from 'node:fs/promises';
import { loadedDType } from '../cast.js';
import {
  allocateMatrix,
  type Contents,
  ELEMENT_BYTES,
  type LoadedMatrix,
  type LoadOptions,
  MAX_ELEMENTS,
} from '../dataset.js';
import { Fault } from '../fault.js';
import { Payload } from '../payload.js';
import { readRowMajor } from '../row-major.js';
import { type Matrix, readColumnMajor } from './fortran-order.js';
import { locateHeader, NPY_PREFIX_BYTES, type NpyHeader, parseHeader } from './header.js';

/** Size of a read: large enough to keep up with the page cache, small enough for progress, Ctrl-C and a cast in the cache. */
const CHUNK_BYTES = 4 * 2 ** 20;

/**
 * Reads the header of an NPY file of `fileBytes` bytes and nothing of its payload, which `load` reads through the same handle. A
 * 1-D array is a column; the trailing axes of an N-D array are flattened. Throws a fault if it is not a matrix of numbers.
 * `chunkBytes`, a multiple of 8, is for the tests.
 */
export async function openNpy(
  file: FileHandle,
  fileBytes: number,
  chunkBytes = CHUNK_BYTES,
): Promise<Contents> {
  const prefix = await readAt(file, 0, Math.min(NPY_PREFIX_BYTES, fileBytes));
  const location = locateHeader(prefix, fileBytes);
  const header = parseHeader(await readAt(file, location.start, location.length), location);
  const matrix: Matrix = { ...header, ...matrixShape(header, fileBytes) };
  return {
    format: 'npy',
    variety: header.version,
    dtype: header.dtype,
    shape: header.shape,
    rows: matrix.rows,
    cols: matrix.cols,
    order: header.fortranOrder ? 'column-major' : 'row-major',
    byteOrder: header.byteOrder,
    compression: 'none',
    load: (options) => load(file, matrix, chunkBytes, options),
  };
}

/** How many axes and digits an error shows: a header may claim the product of 64 axes. */
const [SHOWN_AXES, SHOWN_DIGITS] = [6, 20];

function shapeText(shape: readonly number[]): string {
  const more = shape.length > SHOWN_AXES ? ', …' : '';
  return `shape (${shape.slice(0, SHOWN_AXES).join(', ')}${shape.length === 1 ? ',' : more})`;
}

function countText(count: bigint): string {
  const digits = String(count);
  return digits.length > SHOWN_DIGITS ? `over 10^${digits.length - 1}` : digits;
}

function matrixShape({ shape, dtype, dataOffset }: NpyHeader, fileBytes: number) {
  const [first, ...rest] = shape;
  const text = shapeText(shape);
  if (first === undefined) {
    throw new Fault('a single number, shape ()', {
      expected: 'a matrix',
      remedy: 'save numpy.atleast_2d(a)',
    });
  }
  const cols = rest.reduce((product, axis) => product * BigInt(axis), 1n);
  const elements = cols * BigInt(first);
  if (first === 0) throw new Fault(`no rows, ${text}`, { expected: 'at least one' });
  if (cols === 0n) throw new Fault(`no columns, ${text}`, { expected: 'at least one' });
  const needed = elements * BigInt(ELEMENT_BYTES[dtype]);
  const present = BigInt(fileBytes - dataOffset);
  if (needed > present) {
    throw new Fault(
      `truncated: its header claims ${countText(needed)} bytes of data, ${text} of ${dtype}, but the file has ${present}`,
      {
        remedy: 'write the file again',
      },
    );
  }
  if (elements > BigInt(MAX_ELEMENTS)) {
    throw new Fault(`${elements} elements, ${text}`, {
      expected: `at most ${MAX_ELEMENTS}`,
      remedy: 'save part of it',
    });
  }
  return { rows: first, cols: Number(cols) };
}

async function load(
  file: FileHandle,
  matrix: Matrix,
  chunkBytes: number,
  options: LoadOptions = {},
): Promise<LoadedMatrix> {
  const { rows, cols } = matrix;
  const dtype = loadedDType(matrix.dtype, options.dtype);
  const values = await allocateMatrix(dtype, rows, cols);
  const elementBytes = ELEMENT_BYTES[matrix.dtype];
  const { byteOrder, dataOffset } = matrix;
  const payload = new Payload(
    file,
    { elementBytes, byteOrder, totalBytes: values.length * elementBytes },
    options,
  );
  if (matrix.fortranOrder) await readColumnMajor(payload, matrix, values, dtype, chunkBytes);
  else {
    const run = { position: dataOffset, first: 0, count: values.length };
    await readRowMajor(payload, [run], matrix.dtype, values, dtype, chunkBytes);
  }
  return {
    dtype,
    ...(dtype !== matrix.dtype && { castFrom: matrix.dtype }),
    rows,
    cols,
    values,
  };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}
