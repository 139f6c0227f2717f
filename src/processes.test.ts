import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseDurationNs } from './units.js';

const BIN = fileURLToPath(new URL('../bin/pinbench.js', import.meta.url));
const DATA = fileURLToPath(new URL('../fixtures/data.npy', import.meta.url));

/** Runs `pinbench run` on the sample data and resolves to its exit code and everything that it printed. */
function pinbenchRun(...args: string[]) {
  return new Promise<{ code: unknown; printed: string }>((done) => {
    execFile(process.execPath, [BIN, 'run', DATA, '--no-progress', ...args], (error, stdout, stderr) =>
      done({ code: error?.code ?? 0, printed: stdout + stderr }),
    );
  });
}

describe('a run in several processes', () => {
  it('states the shortest sufficient budget for all of them together', async () => {
    const { code, printed } = await pinbenchRun('--processes', '6', '--budget', '3s');
    expect(code).toBe(2);
    const [, least] =
      /^pinbench: --budget: 3\.00 s is too short for 6 processes; expected at least (.*), enough for 6 rounds of the shortest blocks in each process\n$/.exec(
        printed,
      )!;
    // Each process needs more than a second.
    expect(parseDurationNs(least!)).toBeGreaterThan(6e9);
  });
});
