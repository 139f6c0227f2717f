import { deviceIsLost, StrategyUnavailable } from '../engine/engine.js';
import { PinbenchError } from '../errors.js';
import type { Row } from './row.js';
import { ByteCountError } from './stepper.js';
import { Interrupted } from './timer.js';

/** Thrown where nothing works on a device any more: the engine's other cases cannot be measured. */
export class DeviceLost extends Error {
  override readonly name = 'DeviceLost';
}

/** What is wrong in pinbench itself is never taken for a failure of an engine. */
const BUGS = [ByteCountError, TypeError, ReferenceError, SyntaxError] as const;

/**
 * Does something with a row. Where the engine fails, the row is skipped with the reason and `undefined` is returned, so that the
 * other rows go on. Throws on: an interruption, a wrong sum, a bug in pinbench; and `DeviceLost` where no other row can go on.
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

/** Why an engine failed, in one line. Rethrows what is no failure of an engine. */
export function reasonOf(error: unknown): string {
  const foreign =
    !(error instanceof Error) ||
    error instanceof Interrupted ||
    (error instanceof PinbenchError && error.code !== 'engine') ||
    BUGS.some((type) => error instanceof type);
  if (foreign) throw error;
  return error.message.split('\n')[0]!;
}

/** The rows that are still measured. */
export function live(rows: readonly Row[]): Row[] {
  return rows.filter(({ failure }) => failure === undefined);
}

/** Releases the sessions of rows in reverse. Returns what ends the engine's part, where that shows only now. */
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
