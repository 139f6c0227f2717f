import type { Session } from '../engine/engine.js';
import { errorOf, expectedOf, type Reference } from '../engine/reference.js';
import { PinbenchError } from '../errors.js';

/** What an epoch's scalars came to. */
export interface Verified {
  /** Their sum, in float64. */
  readonly epochSum: number;
  /** The largest relative difference from the reference. */
  readonly maxRelError: number;
}

/** Holds every scalar of an epoch against the reference; a `PinbenchError` of code `mismatch` names the first that is wrong. */
export function verifyEpoch(
  subject: string,
  reference: Reference,
  order: Int32Array,
  scalars: Float64Array,
): Verified {
  let epochSum = 0;
  let maxRelError = 0;
  for (let step = 0; step < scalars.length; step++) {
    const scalar = scalars[step]!;
    const { sum, elements } = reference.step(order, step);
    const error = errorOf(scalar, sum, elements, reference.sumType);
    if (error === null) {
      const { value, tolerance } = expectedOf(sum, elements, reference.sumType);
      throw new PinbenchError('mismatch', {
        subject,
        observed: `step ${step} gave ${scalar}`,
        expected: tolerance === 0 ? `${value}` : `${value} within ${tolerance.toPrecision(2)}`,
        remedy: 'the engine computes something else than sum(square(batch)); nothing it timed is shown',
      });
    }
    maxRelError = Math.max(maxRelError, error);
    epochSum += scalar;
  }
  return { epochSum, maxRelError };
}

/**
 * Does something with a session and holds the bytes it counted to the device against the plan's. They are both ours, so a
 * difference is a bug of ours: an Error that is no `PinbenchError`. An engine that does not count is not asked.
 */
export async function mustMove<T>(
  session: Session,
  what: string,
  plannedBytes: number,
  work: () => Promise<T>,
): Promise<T> {
  const before = session.h2dBytes?.();
  const result = await work();
  const after = session.h2dBytes?.();
  if (before === undefined || after === undefined) return result;
  // A mean over an epoch times its steps may miss a whole number by a rounding.
  if (Math.abs(after - before - plannedBytes) < 0.5) return result;
  throw new Error(`${what} moved ${after - before} bytes to the device, the plan says ${plannedBytes}`);
}
