import type { Values } from '../dataset.js';

/** The columns of a tile. Each is contiguous, and all have the same height. */
export interface Columns {
  readonly elements: Values;
  /** Index of the first column's first element, and the distance from one column to the next. */
  readonly first: number;
  readonly pitch: number;
  readonly height: number;
  readonly width: number;
}

/**
 * How many columns are written together: as many float32 as fill a cache line, so that a line of the matrix is written at once.
 */
const LINE = 16;
/**
 * How many rows of the remaining columns are written before moving on to the next columns, so that the cache lines they share stay
 * in the cache.
 */
const BLOCK_ROWS = 256;

/** Copies columns side by side into a row-major matrix of `cols` columns, the first element to `start`. */
export function transpose(columns: Columns, matrix: Values, start: number, cols: number): void {
  const { elements, first, pitch, height, width } = columns;
  const whole = width - (width % LINE);
  for (let col = 0; col < whole; col += LINE) {
    eights(elements, first + col * pitch, pitch, height, matrix, start + col, cols, LINE);
  }
  if (whole === width) return;
  for (let row = 0; row < height; row += BLOCK_ROWS) {
    const rows = Math.min(BLOCK_ROWS, height - row);
    for (let col = whole; col < width; ) {
      const [kernel, taken] = KERNELS.find(([, least]) => least <= width - col)!;
      const from = first + col * pitch + row;
      kernel(elements, from, pitch, rows, matrix, start + row * cols + col, cols, taken);
      col += taken;
    }
  }
}

/**
 * Copies `rows` elements of each of some columns: the first element is at `from` and goes to `to`. The kernels are unrolled,
 * since counting the columns in each row costs three times as much as copying them.
 */
type Kernel = (
  src: Values,
  from: number,
  pitch: number,
  rows: number,
  dst: Values,
  to: number,
  cols: number,
  /** How many columns: a multiple of eight for `eights`; the other kernels' names state it. */
  columns: number,
) => void;

const eights: Kernel = (src, from, pitch, rows, dst, to, cols, columns) => {
  const [pitch2, pitch3, pitch4] = [2 * pitch, 3 * pitch, 4 * pitch];
  const [pitch5, pitch6, pitch7, pitch8] = [5 * pitch, 6 * pitch, 7 * pitch, 8 * pitch];
  for (let row = 0, line = to; row < rows; row++, line += cols) {
    for (let col = 0, at = from + row; col < columns; col += 8, at += pitch8) {
      dst[line + col] = src[at]!;
      dst[line + col + 1] = src[at + pitch]!;
      dst[line + col + 2] = src[at + pitch2]!;
      dst[line + col + 3] = src[at + pitch3]!;
      dst[line + col + 4] = src[at + pitch4]!;
      dst[line + col + 5] = src[at + pitch5]!;
      dst[line + col + 6] = src[at + pitch6]!;
      dst[line + col + 7] = src[at + pitch7]!;
    }
  }
};

const four: Kernel = (src, from, pitch, rows, dst, to, cols) => {
  const [pitch2, pitch3] = [2 * pitch, 3 * pitch];
  for (let row = 0, at = from, line = to; row < rows; row++, at++, line += cols) {
    dst[line] = src[at]!;
    dst[line + 1] = src[at + pitch]!;
    dst[line + 2] = src[at + pitch2]!;
    dst[line + 3] = src[at + pitch3]!;
  }
};

const three: Kernel = (src, from, pitch, rows, dst, to, cols) => {
  const pitch2 = 2 * pitch;
  for (let row = 0, at = from, line = to; row < rows; row++, at++, line += cols) {
    dst[line] = src[at]!;
    dst[line + 1] = src[at + pitch]!;
    dst[line + 2] = src[at + pitch2]!;
  }
};

const two: Kernel = (src, from, pitch, rows, dst, to, cols) => {
  for (let row = 0, at = from, line = to; row < rows; row++, at++, line += cols) {
    dst[line] = src[at]!;
    dst[line + 1] = src[at + pitch]!;
  }
};

const one: Kernel = (src, from, _, rows, dst, to, cols) => {
  for (let row = 0, line = to; row < rows; row++, line += cols) dst[line] = src[from + row]!;
};

const KERNELS: readonly (readonly [kernel: Kernel, columns: number])[] = [
  [eights, 8],
  [four, 4],
  [three, 3],
  [two, 2],
  [one, 1],
];
