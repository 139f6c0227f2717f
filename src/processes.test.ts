import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from './run.js';
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

  it('ends from the sixth process on if --until is reached, and says how many processes it measured', async () => {
    const flags = ['--rounds', '2', '--warmup', '0', '--min-time', '1ms', '--until', '1000'];
    const { code, printed } = await pinbenchRun('--processes', '8', ...flags);
    expect(code).toBe(0);
    const words = printed.replace(/\s+/g, ' ');
    expect(words).toMatch(/plan 12 rounds in 6 processes; .*8 processes asked for/);
    expect(words).not.toContain('was not reached');
  }, 30_000);

  it('throws if a signal stops it within the first process', async () => {
    const stop = new AbortController();
    const progress = { loading() {}, phase() {}, process: () => void setTimeout(() => stop.abort(), 300) };
    await expect(run(DATA, { processes: 2, signal: stop.signal, progress })).rejects.toMatchObject({
      ...{ name: 'PinbenchError', code: 'interrupted' },
      message: `${DATA}: interrupted; no round was finished`,
    });
  });
});
