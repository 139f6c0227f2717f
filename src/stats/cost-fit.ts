import type { Interval } from './interval.js';
import { studentQuantile } from './student.js';

/** A step's number of bytes and its time, ns. */
export interface Point {
  readonly bytes: number;
  readonly ns: number;
}

/** A number with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly ci95: Interval;
}

/** The line `ns = fixedNs + bytes / bytesPerNs`, and how well it fits. */
export interface CostFit {
  /** What a step costs regardless of its size, ns; `undefined` if the points do not distinguish it from zero. */
  readonly fixedNs: Estimate | undefined;
  /** `undefined` if the points do not distinguish the cost of the bytes from zero. */
  readonly bytesPerNs: Estimate | undefined;
  /** The largest distance of a point from the line, as a ratio of at least 1. `farthest` is that point. */
  readonly largestResidual: number;
  readonly farthest: Point;
  /** The time on the line for a number of bytes, ns. */
  at(bytes: number): number;
}

/** With fewer points, there are too few degrees of freedom for a meaningful interval. */
export const MIN_POINTS = 5;
/** An interval whose upper end is this many times its lower end is not reported. */
const WIDEST_INTERVAL_RATIO = 10;
/** A part of the line (fixed cost or bytes) whose squared shares sum to less than this has vanished from it. */
const VANISHED = 1e-9;
const STEPS = 200;
const CONVERGED = 1e-10;

/**
 * Fits a fixed cost and a bandwidth to points by least squares of the logarithms, so that a step of 2 µs weighs as much as one of
 * 2 ms (the errors of both are a percentage, not a number of ns). Both parameters are fitted as logarithms, which keeps them
 * positive, with the Levenberg–Marquardt method. The intervals are those of the linearised model, t · s · √(JᵀJ)⁻¹ with n − 2
 * degrees of freedom (Seber & Wild, Nonlinear Regression, §5.1). `undefined` with fewer than five points, or if all have the same
 * number of bytes.
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
  const half = standardErrors(points, parameters, error / (n - 2)).map(
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

/** The logarithms of the fixed cost, ns, and of the cost per byte, ns. */
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

/** JᵀJ as its three distinct elements, and Jᵀr. A row of J has the shares of the two parts of the line at a point. */
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

/** The standard errors of the two parameters, given the variance of the residuals. */
function standardErrors(
  points: readonly Point[],
  parameters: Parameters,
  variance: number,
): [number, number] {
  const { a, b, c } = normal(points, parameters);
  // If one part has vanished from the line, only the other was fitted.
  if (a < VANISHED) return [Number.POSITIVE_INFINITY, Math.sqrt(variance / c)];
  if (c < VANISHED) return [Math.sqrt(variance / a), Number.POSITIVE_INFINITY];
  const determinant = a * c - b * b;
  if (!(determinant > 0)) return [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  return [Math.sqrt((variance * c) / determinant), Math.sqrt((variance * a) / determinant)];
}

function estimate(logarithm: number, half: number): Estimate | undefined {
  if (!(half < Math.log(WIDEST_INTERVAL_RATIO) / 2)) return undefined;
  return { value: Math.exp(logarithm), ci95: [Math.exp(logarithm - half), Math.exp(logarithm + half)] };
}
