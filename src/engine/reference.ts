import { decodeToFloat64 } from '../data/cast.js';
import type { Dataset, Values } from '../data/dataset.js';
import { type Plan, rowsOf } from '../plan/plan.js';
import type { DType } from '../words.js';

/** What a step's scalar must be, and how far a float32 sum may be from it. */
export interface Expected {
  /** The sum of squares in float64; infinity where it exceeds float32. */
  readonly value: number;
  /** Largest difference allowed; 0 where only the same infinity or NaN is right. */
  readonly tolerance: number;
}

/** Unit roundoff of float32, and of float64. */
const U = 2 ** -24;
const U64 = 2 ** -53;
/** Largest finite float32. */
const FLOAT32_MAX = (2 - 2 ** -23) * 2 ** 127;
/** Smallest normal float32: what a square may lose when it underflows on a device that flushes to zero. */
const FLOAT32_MIN_NORMAL = 2 ** -126;
/** The chance that a right sum is called wrong, by the probabilistic bound. */
const FALSE_ALARM = 1e-12;

/**
 * Relative error bound of a float32 sum of `n` squares, added in any order.
 *
 * Each square carries one rounding and each of the n − 1 additions another, so the error is at most γₙ = n·u / (1 − n·u)
 * times the sum of squares itself, all terms being non-negative (Higham, Accuracy and Stability of Numerical Algorithms,
 * 2nd ed., §3.1 and §4.2). That is certain but grows like n. With roundings of mean zero it grows like √n: with
 * probability at least 1 − 2n·exp(−λ²/2) the error stays within exp(λ·√n·u + n·u²) − 1 (Higham & Mary, A New Approach to
 * Probabilistic Rounding Error Analysis, SIAM J. Sci. Comput. 41(5), 2019, Theorem 2.4, to first order). The smaller of
 * the two is taken, λ chosen for a false alarm in 10¹² sums. One rounding is added for the scalar's way back as float32.
 */
export function sumOfSquaresBound(n: number): number {
  const certain = n * U < 1 ? (n * U) / (1 - n * U) : Number.POSITIVE_INFINITY;
  const lambda = Math.sqrt(2 * Math.log((2 * n) / FALSE_ALARM));
  const probable = Math.expm1(lambda * Math.sqrt(n) * U + n * U * U);
  return Math.min(certain, probable) + U;
}

/** The type a sum of squares comes to: float32, or float64 of what float32 would lose the integers or the digits of. */
export type SumType = 'float32' | 'float64';

/** What squares of a dtype are added up to. */
export function sumTypeOf(dtype: DType): SumType {
  return ['int32', 'uint32', 'int64', 'uint64', 'float64'].includes(dtype) ? 'float64' : 'float32';
}

/** The expected scalar of `n` squares whose float64 sum is `sum`. */
export function expectedOf(sum: number, n: number, type: SumType = 'float32'): Expected {
  if (!Number.isFinite(sum)) return { value: sum, tolerance: 0 };
  // The reference is a float64 sum too: its own error is added, and that of squaring a rounded 64-bit integer.
  if (type === 'float64') return { value: sum, tolerance: sum * 2 * (n + 3) * U64 };
  const tolerance = sum * sumOfSquaresBound(n) + n * FLOAT32_MIN_NORMAL;
  return { value: sum > FLOAT32_MAX ? Number.POSITIVE_INFINITY : sum, tolerance };
}

/** The relative error of a step's scalar, 0 where both are the same infinity or NaN; `null` where it is beyond the tolerance. */
export function errorOf(scalar: number, sum: number, n: number, type: SumType = 'float32'): number | null {
  const { value, tolerance } = expectedOf(sum, n, type);
  if (Object.is(scalar, value) || (Number.isNaN(scalar) && Number.isNaN(value))) return 0;
  // Within one bound of the largest float32 a right sum may round to either side of overflow.
  const most = type === 'float32' ? FLOAT32_MAX : Number.MAX_VALUE;
  if (!Number.isFinite(scalar)) return scalar > 0 && sum + tolerance > most ? 0 : null;
  const difference = Math.abs(scalar - sum);
  if (!(difference <= tolerance)) return null;
  return sum === 0 ? 0 : difference / sum;
}

/**
 * Adds the squares of elements `[begin, end)` in float64. A float32's square is exact there, and adding by blocks keeps the
 * sum's own error near 2⁻⁵² (Higham, §4.2).
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

/** The float64 oracle of one dataset and plan: the sum of squares of any step of any order. */
export class Reference {
  readonly sumType: SumType;
  readonly #values: Values;
  readonly #dtype: DType;
  readonly #plan: Plan;
  /** Sum of mini-batch i, NaN until asked for (and where it truly is NaN, which costs a second look only). */
  readonly #sums: Float64Array | undefined;

  constructor(dataset: Dataset, plan: Plan) {
    this.#values = dataset.values;
    this.#dtype = dataset.dtype;
    this.sumType = sumTypeOf(dataset.dtype);
    this.#plan = plan;
    this.#sums =
      plan.sampling === 'slice' ? new Float64Array(plan.stepsPerEpoch).fill(Number.NaN) : undefined;
  }

  /** The float64 sum of squares of step `step` of `order`, and how many elements it has. */
  step(order: Int32Array, step: number): { sum: number; elements: number } {
    const { cols, batch } = this.#plan;
    if (this.#sums === undefined) {
      const rows = order.subarray(step * batch, (step + 1) * batch);
      let sum = 0;
      for (const row of rows) sum += sumOfSquares(this.#values, this.#dtype, row * cols, (row + 1) * cols);
      return { sum, elements: rows.length * cols };
    }
    const index = order[step]!;
    const [begin, end] = rowsOf(this.#plan, index);
    if (Number.isNaN(this.#sums[index]!)) {
      this.#sums[index] = sumOfSquares(this.#values, this.#dtype, begin * cols, end * cols);
    }
    return { sum: this.#sums[index]!, elements: (end - begin) * cols };
  }
}
