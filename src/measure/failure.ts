import { deviceIsLost, StrategyUnavailable } from '../engine/engine.js';
import { PinbenchError } from '../errors.js';
import type { Row } from './row.js';
import { ByteCountError } from './stepper.js';
import { Interrupted } from './timer.js';

/** Thrown if a device no longer works, so that the engine's other cases cannot be measured. */
export class DeviceLost extends Error {
  override readonly name = 'DeviceLost';
}

/** Errors that show a bug in pinbench and are never treated as a failure of an engine. */
const BUGS = [ByteCountError, TypeError, ReferenceError, SyntaxError] as const;

/**
 * Runs `work` for a row. If the engine fails, the row is skipped with the reason and `undefined` is returned, so that the other
 * rows continue. Rethrows an interruption, a wrong sum and a bug in pinbench. Throws `DeviceLost` if no other row can continue.
 */
export async function attempt<T>(row: Row, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const reason = reasonOf(error);
    await row.fail({ reason, unavailable: error instanceof StrategyUnavailable });
    if (deviceIsLost(error)) throw new DeviceLost(reason, { cause: error });
    return undefined;
  }
}

/** The reason for a failure of an engine, in one line. Rethrows any other error. */
export function reasonOf(error: unknown): string {
  const foreign =
    !(error instanceof Error) ||
    error instanceof Interrupted ||
    (error instanceof PinbenchError && error.code !== 'engine') ||
    BUGS.some((type) => error instanceof type);
  if (foreign) throw error;
  return error.message.split('\n')[0]!;
}

/** The rows that have not failed. */
export function live(rows: readonly Row[]): Row[] {
  return rows.filter(({ failure }) => failure === undefined);
}

/** Releases the sessions of rows in reverse order. Returns a `DeviceLost` if an engine fails to release one. */
export async function release(rows: readonly Row[]): Promise<DeviceLost | undefined> {
  let lost: DeviceLost | undefined;
  for (const row of rows.toReversed()) {
    try {
      await row[Symbol.asyncDispose]();
    } catch (error) {
      lost ??= new DeviceLost(reasonOf(error), { cause: error });
    }
  }
  return lost;
}
