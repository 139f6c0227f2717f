import type { DType } from '../words.js';
import { castToFloat32, copyStrided } from './cast.js';
import { allocate, type Values } from './dataset.js';
import type { Matrix, Payload } from './npy-payload.js';

/** A tile is read in runs of at least this many bytes of a column, chunks allowing. */
const MIN_RUN_BYTES = 256 * 2 ** 10;
/** Rows transposed together: their destination lines stay in the first-level cache. */
const TILE_ROWS = 64;

/**
 * Columns follow each other in the file: tiles of rows × columns are read run by run, one run a column, and transposed into
 * place, `TILE_ROWS` rows at a time.
 */
export async function readColumnMajor(
  payload: Payload,
  matrix: Matrix,
  values: Values,
  dtype: DType,
  chunkBytes: number,
): Promise<void> {
  const { rows, cols } = matrix;
  const perTile = chunkBytes / payload.elementBytes;
  const tileRows = Math.min(rows, Math.max(Math.floor(perTile / cols), MIN_RUN_BYTES / payload.elementBytes));
  const tileCols = Math.min(cols, Math.max(1, Math.floor(perTile / tileRows)));
  const scratch = allocate(matrix.dtype, tileRows * tileCols);
  const place = columnPlaces(matrix.shape);
  for (let row = 0; row < rows; row += tileRows) {
    const height = Math.min(tileRows, rows - row);
    for (let col = 0; col < cols; col += tileCols) {
      const width = Math.min(tileCols, cols - col);
      await readTile(payload, scratch, { row, col, height, width, rows });
      transpose(scratch, matrix.dtype, { row, col, height, width, cols }, values, dtype, place);
    }
  }
}

interface Tile {
  readonly row: number;
  readonly col: number;
  readonly height: number;
  readonly width: number;
}

/** One run a column; whole columns follow each other and are one run together. */
async function readTile(
  payload: Payload,
  scratch: Values,
  { row, col, height, width, rows }: Tile & { readonly rows: number },
): Promise<void> {
  const runs = height === rows ? 1 : width;
  const runBytes = ((height * width) / runs) * payload.elementBytes;
  for (let run = 0; run < runs; run++) {
    await payload.read(new Uint8Array(scratch.buffer, run * runBytes, runBytes), (col + run) * rows + row);
  }
}

function transpose(
  scratch: Values,
  from: DType,
  { row, col, height, width, cols }: Tile & { readonly cols: number },
  values: Values,
  to: DType,
  place: (fileColumn: number) => number,
): void {
  for (let top = 0; top < height; top += TILE_ROWS) {
    const count = Math.min(TILE_ROWS, height - top);
    for (let i = 0; i < width; i++) {
      const start = (row + top) * cols + place(col + i);
      if (from === to) copyStrided(scratch, i * height + top, count, values, start, cols);
      else castToFloat32(scratch, from, i * height + top, count, values as Float32Array, start, cols);
    }
  }
}

/** Where the file's i-th column of a column-major array stands in a row: the trailing axes are reversed too. */
function columnPlaces(shape: readonly number[]): (fileColumn: number) => number {
  const trailing = shape.slice(1);
  if (trailing.length <= 1) return (column) => column;
  return (fileColumn) => {
    let [rest, place, stride] = [fileColumn, 0, trailing.reduce((product, axis) => product * axis, 1)];
    for (const axis of trailing) {
      stride /= axis;
      place += (rest % axis) * stride;
      rest = Math.floor(rest / axis);
    }
    return place;
  };
}
