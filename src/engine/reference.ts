import { decodeToFloat64 } from '../data/cast.js';
import type { Dataset, Values } from '../data/dataset.js';
import type { Order } from '../plan/order.js';
import { type Plan, rowsOf } from '../plan/plan.js';
import { DTYPE_TABLE } from '../tables/dtypes.js';
import type { DType } from '../words.js';

/** The expected scalar of a step and its tolerance. */
export interface Expected {
  /** The sum of squares in float64; infinity where it exceeds float32. */
  readonly value: number;
  /** The largest difference allowed; 0 if only the same infinity or NaN is right. */
  readonly tolerance: number;
}

/** Unit roundoff of float32, and of float64. */
const U = 2 ** -24;
const U64 = 2 ** -53;
/** Largest finite float32. */
const FLOAT32_MAX = (2 - 2 ** -23) * 2 ** 127;
/** Smallest normal float32: the most a square can lose when it underflows on a device that flushes subnormals to zero. */
const FLOAT32_MIN_NORMAL = 2 ** -126;
/** The probability that the probabilistic bound rejects a right sum. */
const FALSE_ALARM = 1e-12;

/**
 * Relative error bound of a float32 sum of `n` squares, added in any order.
 *
 * Each square carries one rounding and each of the n − 1 additions another, so the error is at most γₙ = n·u / (1 − n·u)
 * times the sum of squares itself, all terms being non-negative (Higham, Accuracy and Stability of Numerical Algorithms,
 * 2nd ed., §3.1 and §4.2). That is certain but grows like n. With roundings of mean zero it grows like √n: with
 * probability at least 1 − 2n·exp(−λ²/2) the error stays within exp(λ·√n·u + n·u²) − 1 (Higham & Mary, A New Approach to
 * Probabilistic Rounding Error Analysis, SIAM J. Sci. Comput. 41(5), 2019, Theorem 2.4, to first order). The smaller of
 * the two is used, with λ chosen for one false alarm in 10¹² sums. One rounding is added for the scalar, which is a float32.
 */
export function sumOfSquaresBound(n: number): number {
  const certain = n * U < 1 ? (n * U) / (1 - n * U) : Number.POSITIVE_INFINITY;
  const lambda = Math.sqrt(2 * Math.log((2 * n) / FALSE_ALARM));
  const probable = Math.expm1(lambda * Math.sqrt(n) * U + n * U * U);
  return Math.min(certain, probable) + U;
}

/** The type of a sum of squares: float32, or float64 for dtypes whose values float32 cannot represent exactly. */
export type SumType = 'float32' | 'float64';

/** The type in which the squares of a dtype are summed. */
export function sumTypeOf(dtype: DType): SumType {
  return DTYPE_TABLE[dtype].sum;
}

/** How far a sum of squares may be from the float64 sum: `relative` times that sum, plus `absolute`. */
interface Bound {
  readonly elements: number;
  readonly type: SumType;
  readonly relative: number;
  readonly absolute: number;
}

/** The bound for `n` squares. It depends only on `n`, so it is computed once per mini-batch size. */
function boundOf(n: number, type: SumType): Bound {
  // The reference is also a float64 sum: the bound includes its error, and the error of squaring a rounded 64-bit integer.
  if (type === 'float64') return { elements: n, type, relative: 2 * (n + 3) * U64, absolute: 0 };
  return { elements: n, type, relative: sumOfSquaresBound(n), absolute: n * FLOAT32_MIN_NORMAL };
}

/** The expected scalar of `n` squares whose float64 sum is `sum`. */
export function expectedOf(sum: number, n: number, type: SumType = 'float32'): Expected {
  return expectedWithin(sum, boundOf(n, type));
}

function expectedWithin(sum: number, { type, relative, absolute }: Bound): Expected {
  if (!Number.isFinite(sum)) return { value: sum, tolerance: 0 };
  const value = type === 'float32' && sum > FLOAT32_MAX ? Number.POSITIVE_INFINITY : sum;
  return { value, tolerance: sum * relative + absolute };
}

/** The relative error of a step's scalar, 0 if both are the same infinity or NaN; `null` if it exceeds the tolerance. */
export function errorOf(scalar: number, sum: number, n: number, type: SumType = 'float32'): number | null {
  return errorWithin(scalar, sum, boundOf(n, type));
}

function errorWithin(scalar: number, sum: number, bound: Bound): number | null {
  const difference = Math.abs(scalar - sum);
  // Fast path: nearly every scalar is finite and right.
  if (difference <= sum * bound.relative + bound.absolute && difference < Number.POSITIVE_INFINITY) {
    return sum === 0 ? 0 : difference / sum;
  }
  const { value, tolerance } = expectedWithin(sum, bound);
  if (Object.is(scalar, value) || (Number.isNaN(scalar) && Number.isNaN(value))) return 0;
  // Within one bound of the largest finite value, a right sum may or may not round to infinity.
  const most = bound.type === 'float32' ? FLOAT32_MAX : Number.MAX_VALUE;
  return scalar === Number.POSITIVE_INFINITY && sum + tolerance > most ? 0 : null;
}

/**
 * The sum of the squares of elements `[begin, end)`, in float64, in which the square of a float32 is exact. Summing in blocks
 * keeps the error of the sum near 2⁻⁵² (Higham, §4.2).
 */
export function sumOfSquares(values: Values, dtype: DType, begin: number, end: number): number {
  let total = 0;
  for (let start = begin; start < end; start += BLOCK) {
    const count = Math.min(BLOCK, end - start);
    decodeToFloat64(values, dtype, start, count, DECODED);
    let block = 0;
    for (let i = 0; i < count; i++) block += DECODED[i]! * DECODED[i]!;
    total += block;
  }
  return total;
}
const BLOCK = 4096;
const DECODED = new Float64Array(BLOCK);

/** With fewer columns than this, the sums of single rows are not cached. */
const SHORT_ROW = 8;

/** The float64 oracle of one dataset and plan: computes the sum of squares of any step of any order, and caches partial sums. */
export class Reference {
  readonly sumType: SumType;
  readonly #values: Values;
  readonly #dtype: DType;
  readonly #plan: Plan;
  /**
   * The cached sum of each mini-batch or, with `--sampling gather`, of each row. Sums of short rows are not cached, because the
   * cache would need too much memory. Negative, which no sum of squares is, means not computed yet.
   */
  readonly #sums: Float64Array;
  readonly #whole: Bound;
  readonly #short: Bound;
  /** Index of the short mini-batch, or −1 if there is none. */
  readonly #shortIndex: number;

  constructor(dataset: Dataset, plan: Plan) {
    const { sampling, rows, cols, batch, rowsPerEpoch, stepsPerEpoch } = plan;
    const shortRows = rowsPerEpoch % batch;
    this.#values = dataset.values;
    this.#dtype = dataset.dtype;
    this.sumType = sumTypeOf(dataset.dtype);
    this.#plan = plan;
    const sums = sampling === 'slice' ? stepsPerEpoch : cols < SHORT_ROW ? 0 : rows;
    this.#sums = new Float64Array(sums).fill(-1);
    this.#whole = boundOf(batch * cols, this.sumType);
    this.#short = boundOf(shortRows * cols, this.sumType);
    this.#shortIndex = shortRows === 0 ? -1 : stepsPerEpoch - 1;
  }

  /** The float64 sum of squares of step `step` of `order`, and how many elements it has. */
  step(order: Order, step: number): { sum: number; elements: number } {
    if (order.kind === 'slice') {
      const index = order.batches[step]!;
      return { sum: this.#sumOfBatch(index), elements: this.#bound(index).elements };
    }
    return { sum: this.#sumOfRows(order, step), elements: this.#boundOfRows(order, step).elements };
  }

  /** The relative error of the scalar of step `step` of `order`; `null` if it exceeds the tolerance. */
  errorOf(order: Order, step: number, scalar: number): number | null {
    if (order.kind === 'slice') {
      const index = order.batches[step]!;
      return errorWithin(scalar, this.#sumOfBatch(index), this.#bound(index));
    }
    return errorWithin(scalar, this.#sumOfRows(order, step), this.#boundOfRows(order, step));
  }

  #bound(index: number): Bound {
    return index === this.#shortIndex ? this.#short : this.#whole;
  }

  #boundOfRows({ rows, batch }: GatherOrder, step: number): Bound {
    return (step + 1) * batch > rows.length ? this.#short : this.#whole;
  }

  #sumOfBatch(index: number): number {
    const known = this.#sums[index]!;
    return known < 0 ? this.#add(index, ...rowsOf(this.#plan, index)) : known;
  }

  #sumOfRows({ rows, batch }: GatherOrder, step: number): number {
    const end = Math.min((step + 1) * batch, rows.length);
    let sum = 0;
    for (let at = step * batch; at < end; at++) {
      const row = rows[at]!;
      const known = this.#sums[row] ?? -1;
      sum += known < 0 ? this.#add(row, row, row + 1) : known;
    }
    return sum;
  }

  /** Adds the squares of the rows `[begin, end)` and caches the sum. */
  #add(index: number, begin: number, end: number): number {
    const { cols } = this.#plan;
    const sum = sumOfSquares(this.#values, this.#dtype, begin * cols, end * cols);
    this.#sums[index] = sum;
    return sum;
  }
}

type GatherOrder = Extract<Order, { kind: 'gather' }>;
