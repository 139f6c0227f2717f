import type { DType } from '../../words.js';
import { castTo } from '../cast.js';
import { allocate, type Values } from '../dataset.js';
import { inFlight } from '../in-flight.js';
import type { Payload } from '../payload.js';
import type { NpyHeader } from './header.js';
import { type Columns, transpose } from './transpose.js';

/** The array of an NPY file as a matrix. */
export interface Matrix extends NpyHeader {
  readonly rows: number;
  readonly cols: number;
}

/** A tile reads at least this many consecutive bytes of a column, if the chunk is large enough. */
const MIN_RUN_BYTES = 256 * 2 ** 10;
/**
 * Gap between two columns of a tile, elements: if columns were a power of two apart, the elements of a row would compete for one
 * cache set.
 */
const GAP = 16;

/** A part of the matrix: half-open ranges of rows and of the file's columns. */
interface Tile {
  readonly row: number;
  readonly col: number;
  readonly height: number;
  readonly width: number;
}

/** The buffers of a lane: a tile as it is in the file, and the same tile cast, if needed. */
interface Lane {
  readonly raw: Values;
  readonly cast: Values;
}

/**
 * Reads a column-major array. Its columns are contiguous in the file, so it reads tiles of rows × columns, one run per column,
 * and transposes each into place.
 */
export async function readColumnMajor(
  payload: Payload,
  matrix: Matrix,
  values: Values,
  dtype: DType,
  chunkBytes: number,
): Promise<void> {
  const { rows, cols } = matrix;
  const perTile = Math.max(1, chunkBytes / Math.max(payload.elementBytes, values.BYTES_PER_ELEMENT));
  const leastRows = Math.min(perTile, MIN_RUN_BYTES / payload.elementBytes);
  const tileRows = Math.min(rows, Math.max(Math.floor(perTile / cols), leastRows));
  const tileCols = Math.min(cols, Math.max(1, Math.floor(perTile / tileRows)));
  const across = Math.ceil(cols / tileCols);
  const place = placing(matrix);
  const lanes: Lane[] = [];
  await inFlight(Math.ceil(rows / tileRows) * across, async (index, lane) => {
    const row = Math.floor(index / across) * tileRows;
    const col = (index % across) * tileCols;
    const tile = { row, col, height: Math.min(tileRows, rows - row), width: Math.min(tileCols, cols - col) };
    lanes[lane] ??= laneOf(matrix.dtype, dtype, (tileRows + GAP) * tileCols);
    const { raw, cast } = lanes[lane];
    const pitch = await readTile(payload, raw, tile, matrix);
    if (raw !== cast) castTo(dtype)(raw, matrix.dtype, 0, pitch * tile.width, cast, 0, 1);
    place({ elements: cast, first: 0, pitch, ...tile }, values, tile);
  });
}

function laneOf(from: DType, to: DType, elements: number): Lane {
  const raw = allocate(from, elements);
  return { raw, cast: from === to ? raw : allocate(to, elements) };
}

/**
 * Reads a tile, one run per column; whole columns are adjacent and form a single run. Returns the distance between columns,
 * elements.
 */
async function readTile(
  payload: Payload,
  raw: Values,
  { row, col, height, width }: Tile,
  { rows, dataOffset }: Matrix,
): Promise<number> {
  const [runs, run] = height === rows ? [1, height * width] : [width, height];
  const pitch = height === rows ? height : height + GAP;
  const { elementBytes } = payload;
  for (let i = 0; i < runs; i++) {
    const bytes = new Uint8Array(raw.buffer, i * pitch * elementBytes, run * elementBytes);
    await payload.read(bytes, dataOffset + ((col + i) * rows + row) * elementBytes);
  }
  return pitch;
}

/** Copies the columns of a tile into the matrix. */
type Place = (columns: Columns, values: Values, tile: Tile) => void;

/**
 * How many rows of a tile are placed at once if its columns are not adjacent in the matrix, so that each page of the matrix is
 * visited once.
 */
const BLOCK_ROWS = 16;

/**
 * Chooses how to place a tile. A column-major array reverses its trailing axes too, so with several of them its columns are not
 * adjacent in the matrix.
 */
function placing({ shape, cols }: Matrix): Place {
  const trailing = shape.slice(1);
  if (trailing.length <= 1) {
    return (columns, values, { row, col }) => transpose(columns, values, row * cols + col, cols);
  }
  return ({ elements, pitch }, values, { row, col, height, width }) => {
    const places = Float64Array.from({ length: width }, (_, i) => placeOf(col + i, trailing));
    for (let done = 0; done < height; done += BLOCK_ROWS) {
      const block = { elements, pitch, height: Math.min(BLOCK_ROWS, height - done), width: 1 };
      for (let i = 0; i < width; i++) {
        transpose({ ...block, first: i * pitch + done }, values, (row + done) * cols + places[i]!, cols);
      }
    }
  };
}

/** The place in a row of a column-major array's i-th column in the file. */
function placeOf(column: number, trailing: readonly number[]): number {
  let rest = column;
  let place = 0;
  let stride = trailing.reduce((product, axis) => product * axis, 1);
  for (const axis of trailing) {
    stride /= axis;
    place += (rest % axis) * stride;
    rest = Math.floor(rest / axis);
  }
  return place;
}
