import type { Case } from '../../src/engine/cuda/testing/suite.js';
import type { Device } from '../../src/engine/engine.js';

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/**
 * Runs cases in turn, each on a device opened anew where the one before failed on it. Where none can be opened again, the rest
 * fails with that reason. Says each failure; never throws.
 */
export async function runCases(
  cases: readonly Case[],
  first: Device,
  reopen: () => Promise<Device>,
  say: (sentence: string) => void,
): Promise<{ readonly passed: number; readonly failed: number }> {
  let device = first;
  let passed = 0;
  /** Whether the device could be closed: one that is lost may not be. */
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
        say(`failed: ${left} more, not run: the device cannot be opened again: ${messageOf(error)}`);
        return { passed, failed: cases.length - passed };
      }
    }
  }
  const failed = cases.length - passed;
  return { passed, failed: (await closed()) ? failed : failed + 1 };
}
