import type { DType } from '../../words.js';
import { castToFloat32 } from '../cast.js';
import { allocate, type Values } from '../dataset.js';
import { inFlight } from '../in-flight.js';
import type { Matrix, Payload } from './data.js';

/** A tile is read in runs of at least this many bytes of a column, chunks allowing. */
const MIN_RUN_BYTES = 256 * 2 ** 10;
/** Columns transposed together: as many float32 as a cache line holds, so that a line of the matrix is written at once. */
const LINE = 16;

/** Part of the matrix: half-open ranges of rows and of the file's columns. */
interface Tile {
  readonly row: number;
  readonly col: number;
  readonly height: number;
  readonly width: number;
}

/** What a lane works in: a tile as it is in the file, and cast where it must be. */
interface Lane {
  readonly raw: Values;
  readonly cast: Values;
}

/** Columns follow each other in the file: tiles of rows × columns are read run by run, one run a column, and transposed into place. */
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
  const places = columnPlaces(matrix.shape);
  const lanes: Lane[] = [];
  await inFlight(Math.ceil(rows / tileRows) * across, async (index, lane) => {
    const row = Math.floor(index / across) * tileRows;
    const col = (index % across) * tileCols;
    const tile = { row, col, height: Math.min(tileRows, rows - row), width: Math.min(tileCols, cols - col) };
    lanes[lane] ??= laneOf(matrix.dtype, dtype, tileRows * tileCols);
    const { raw, cast } = lanes[lane];
    await readTile(payload, raw, tile, rows);
    if (raw !== cast) {
      castToFloat32(raw, matrix.dtype, 0, tile.height * tile.width, cast as Float32Array, 0, 1);
    }
    transpose(cast, tile, values, cols, places);
  });
}

function laneOf(from: DType, to: DType, elements: number): Lane {
  const raw = allocate(from, elements);
  return { raw, cast: from === to ? raw : allocate(to, elements) };
}

/** One run a column; whole columns follow each other and are one run together. */
async function readTile(
  payload: Payload,
  raw: Values,
  { row, col, height, width }: Tile,
  rows: number,
): Promise<void> {
  const runs = height === rows ? 1 : width;
  const runBytes = ((height * width) / runs) * payload.elementBytes;
  for (let run = 0; run < runs; run++) {
    await payload.read(new Uint8Array(raw.buffer, run * runBytes, runBytes), (col + run) * rows + row);
  }
}

function transpose(
  columns: Values,
  { row, col, height, width }: Tile,
  values: Values,
  cols: number,
  places: (fileColumn: number) => number,
): void {
  const place = new Float64Array(LINE);
  for (let left = 0; left < width; left += LINE) {
    const count = Math.min(LINE, width - left);
    for (let i = 0; i < count; i++) place[i] = places(col + left + i);
    for (let r = 0; r < height; r++) {
      const start = (row + r) * cols;
      for (let i = 0, from = left * height + r; i < count; i++, from += height) {
        values[start + place[i]!] = columns[from]!;
      }
    }
  }
}

/** Where the file's i-th column of a column-major array stands in a row: the trailing axes are reversed too. */
function columnPlaces(shape: readonly number[]): (fileColumn: number) => number {
  const trailing = shape.slice(1);
  if (trailing.length <= 1) return (column) => column;
  return (fileColumn) => {
    let rest = fileColumn;
    let place = 0;
    let stride = trailing.reduce((product, axis) => product * axis, 1);
    for (const axis of trailing) {
      stride /= axis;
      place += (rest % axis) * stride;
      rest = Math.floor(rest / axis);
    }
    return place;
  };
}
