import type { Interval } from './interval.js';
import { studentQuantile } from './student.js';

/** A step of some bytes, and how long it took, ns. */
export interface Point {
  readonly bytes: number;
  readonly ns: number;
}

/** A number with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly ci95: Interval;
}

/** `ns = fixedNs + bytes / bytesPerNs`, and how well it holds. */
export interface CostFit {
  /** What a step costs whatever its size, ns; `undefined` where the points do not tell it from zero. */
  readonly fixedNs: Estimate | undefined;
  /** `undefined` where the points do not tell the bytes' cost from none. */
  readonly bytesPerNs: Estimate | undefined;
  /** The largest distance of a point from the line, as a ratio, at least 1, and the point that has it. */
  readonly largestResidual: number;
  readonly farthest: Point;
  /** The line at some bytes, ns. */
  at(bytes: number): number;
}

/** Fewer points than this leave too few degrees of freedom for an interval that says anything. */
export const MIN_POINTS = 5;
/** An end of an interval so many times the other says nothing. */
const UNTOLD = 10;
/** The sum of a part's squared shares in the line, under which it is not part of it. */
const VANISHED = 1e-9;
const STEPS = 200;
const CONVERGED = 1e-10;

/**
 * Fits a fixed cost and a bandwidth to points by least squares of the logarithms, so that a step of 2 µs weighs as much as one of
 * 2 ms (both are off by a percentage, not by ns). Both parameters are fitted as logarithms, which keeps them positive, by the
 * method of Levenberg and Marquardt; the intervals are those of the linearised model, t · s · √(JᵀJ)⁻¹ with n − 2 degrees of
 * freedom (Seber & Wild, Nonlinear Regression, §5.1). `undefined` under five points, or where all have the same bytes.
 */
export function fitCost(points: readonly Point[]): CostFit | undefined {
  const n = points.length;
  const sizes = points.map(({ bytes }) => bytes);
  if (n < MIN_POINTS || Math.max(...sizes) === Math.min(...sizes)) return undefined;
  const smallest = points.reduce((a, b) => (b.bytes < a.bytes ? b : a));
  const largest = points.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  let parameters: Parameters = [Math.log(smallest.ns), Math.log(largest.ns / largest.bytes / 2)];
  let [damping, error] = [1e-3, squares(points, parameters)];
  for (let step = 0; step < STEPS; step++) {
    const next = improved(points, parameters, damping);
    const nextError = squares(points, next);
    if (nextError < error) {
      const gain = error - nextError;
      [parameters, error, damping] = [next, nextError, damping / 3];
      if (gain < CONVERGED * error) break;
    } else damping *= 4;
    if (damping > 1e12) break;
  }
  const [fixed, perByte] = parameters;
  const at = (bytes: number) => predicted(bytes, parameters);
  const farthest = points.reduce((a, b) => (distance(b, at) > distance(a, at) ? b : a));
  const half = halfWidths(points, parameters, error / (n - 2)).map(
    (spread) => studentQuantile(n - 2) * spread,
  );
  return {
    fixedNs: estimate(fixed, half[0]!),
    bytesPerNs: estimate(-perByte, half[1]!),
    largestResidual: Math.exp(distance(farthest, at)),
    farthest,
    at,
  };
}

/** Logarithms of the fixed cost, ns, and of the cost of a byte, ns. */
type Parameters = readonly [fixed: number, perByte: number];

function predicted(bytes: number, [fixed, perByte]: Parameters): number {
  return Math.exp(fixed) + bytes * Math.exp(perByte);
}

function distance({ bytes, ns }: Point, at: (bytes: number) => number): number {
  return Math.abs(Math.log(ns / at(bytes)));
}

function squares(points: readonly Point[], parameters: Parameters): number {
  return points.reduce((sum, { bytes, ns }) => sum + Math.log(ns / predicted(bytes, parameters)) ** 2, 0);
}

/** JᵀJ as its three numbers, and Jᵀr. A row of J is the shares of the two parts in the line at a point. */
function normal(points: readonly Point[], parameters: Parameters) {
  let [a, b, c, u, v] = [0, 0, 0, 0, 0];
  for (const { bytes, ns } of points) {
    const line = predicted(bytes, parameters);
    const share = Math.exp(parameters[0]) / line;
    const residual = Math.log(ns / line);
    a += share * share;
    b += share * (1 - share);
    c += (1 - share) ** 2;
    u += share * residual;
    v += (1 - share) * residual;
  }
  return { a, b, c, u, v };
}

function improved(points: readonly Point[], parameters: Parameters, damping: number): Parameters {
  const { a, b, c, u, v } = normal(points, parameters);
  const [p, q] = [a * (1 + damping) + Number.MIN_VALUE, c * (1 + damping) + Number.MIN_VALUE];
  const determinant = p * q - b * b;
  if (!(determinant > 0)) return parameters;
  return [parameters[0] + (q * u - b * v) / determinant, parameters[1] + (p * v - b * u) / determinant];
}

/** Standard errors of the two parameters, by the variance of the residuals. */
function halfWidths(points: readonly Point[], parameters: Parameters, variance: number): [number, number] {
  const { a, b, c } = normal(points, parameters);
  // Where one part has vanished from the line, the other is all that was fitted.
  if (a < VANISHED) return [Number.POSITIVE_INFINITY, Math.sqrt(variance / c)];
  if (c < VANISHED) return [Math.sqrt(variance / a), Number.POSITIVE_INFINITY];
  const determinant = a * c - b * b;
  if (!(determinant > 0)) return [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  return [Math.sqrt((variance * c) / determinant), Math.sqrt((variance * a) / determinant)];
}

function estimate(logarithm: number, half: number): Estimate | undefined {
  if (!(half < Math.log(UNTOLD) / 2)) return undefined;
  return { value: Math.exp(logarithm), ci95: [Math.exp(logarithm - half), Math.exp(logarithm + half)] };
}
