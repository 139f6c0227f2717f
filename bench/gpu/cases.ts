import type { Case } from '../../src/engine/cuda/testing/suite.js';
import type { Device } from '../../src/engine/engine.js';

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * Runs cases one after another, and reopens the device after a case that failed. If it cannot be reopened, the remaining cases
 * count as failed for that reason. Passes each failure to `say`; never throws.
 */
export async function runCases(
  cases: readonly Case[],
  first: Device,
  reopen: () => Promise<Device>,
  say: (sentence: string) => void,
): Promise<{ readonly passed: number; readonly failed: number }> {
  let device = first;
  let passed = 0;
  /** Closes the device. Returns whether that succeeded: it may fail on a lost device. */
  const closed = async () => {
    try {
      await device[Symbol.asyncDispose]();
      return true;
    } catch (error) {
      say(`failed: closing the device: ${messageOf(error)}`);
      return false;
    }
  };
  for (const [i, { name, run }] of cases.entries()) {
    try {
      await run(device);
      passed += 1;
    } catch (error) {
      say(`failed: ${name}: ${messageOf(error)}`);
      await closed();
      const left = cases.length - i - 1;
      if (left === 0) return { passed, failed: cases.length - passed };
      try {
        device = await reopen();
      } catch (error) {
        say(`failed: ${left} more, not run because the device cannot be reopened: ${messageOf(error)}`);
        return { passed, failed: cases.length - passed };
      }
    }
  }
  const failed = cases.length - passed;
  return { passed, failed: (await closed()) ? failed : failed + 1 };
}
