import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunRecord } from './record/schema.js';
import { sampleSweep } from './record/testing/sample-sweep.js';
import { type RunOptions, run } from './run.js';
import { surroundingsOfProcess } from './terminal.js';
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

  it('ends from the seventh process on if --until is reached, and says how many processes it measured', async () => {
    const flags = ['--rounds', '2', '--warmup', '0', '--min-time', '1ms', '--until', '1000'];
    const { code, printed } = await pinbenchRun('--processes', '9', ...flags);
    expect(code).toBe(0);
    const words = printed.replace(/\s+/g, ' ');
    expect(words).toMatch(/plan 14 rounds in 7 processes; .*9 processes asked for/);
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

/** How a process ends: it prints a record, or it says why it has none and exits with a code or kills itself. */
type End = RunRecord | { readonly says: string; readonly code: number } | 'killed';

describe.skipIf(process.platform === 'win32')('the processes of a run', { timeout: 60_000 }, () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pinbench-processes-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const started = () => readdirSync(folder).filter((name) => name.startsWith('started-')).length;

  const forget = () => {
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
  };

  /** A run with one process for each end. The processes are those of a program in the place of node. */
  function runOf(ends: readonly End[], options: RunOptions = {}): Promise<RunRecord> {
    for (const [i, end] of ends.entries()) writeFileSync(join(folder, `${i}.json`), JSON.stringify(end));
    const nodePath = join(folder, 'node');
    writeFileSync(
      nodePath,
      `#!${process.execPath}
       const { readdirSync, readFileSync, writeFileSync } = require('node:fs');
       const folder = ${JSON.stringify(folder)};
       const number = readdirSync(folder).filter((name) => name.startsWith('started-')).length;
       writeFileSync(folder + '/started-' + number, '');
       const text = readFileSync(folder + '/' + number + '.json', 'utf8');
       const { says, code } = JSON.parse(text);
       if (text === '"killed"') process.kill(process.pid, 'SIGKILL');
       else if (code === undefined) process.stdout.write(text);
       else {
         console.error('pinbench: ' + says);
         process.exitCode = code;
       }`,
      { mode: 0o755 },
    );
    return run(DATA, { processes: ends.length, ...options }, { ...surroundingsOfProcess(), nodePath });
  }

  /** The record of a process whose pin is faster by the factor `speedup`. */
  const measuredWith = (speedup: number) => {
    const strategies = { feed: () => 10_000, pin: () => 10_000 / speedup };
    const record = sampleSweep({ batches: [2], noise: 0.001, strategies });
    return { ...record, cases: record.cases.map((one) => ({ ...one, end: 'planned' as const })) };
  };
  const measured = measuredWith(2);

  it('end with the error of a wrong sum, even if the first of them found none', async () => {
    const wrong = { says: 'pin, batch 2: 4, not 5', code: 5 };
    const ended = runOf([measured, wrong, measured]);
    await expect(ended).rejects.toMatchObject({ code: 'mismatch', message: wrong.says });
    expect(started()).toBe(2);
  });

  it('that die before anything was measured are dropped, and the record says so', async () => {
    const { results, warnings } = await runOf(['killed', { says: 'out of memory', code: 70 }, measured]);
    expect(results).toEqual(measured.results);
    expect(warnings).toContainEqual({
      code: 'processes-lost',
      processes: 2,
      reasons: ['it ended with the signal SIGKILL', 'out of memory'],
    });
  });

  it('end with the last error if all of them die, and after three of them', async () => {
    const crash = { says: 'out of memory', code: 1 };
    await expect(runOf(['killed', crash])).rejects.toMatchObject({ message: `${DATA}: out of memory` });
    forget();
    await expect(runOf([crash, crash, 'killed', measured])).rejects.toMatchObject({
      message: `${DATA}: it ended with the signal SIGKILL`,
    });
    expect(started()).toBe(3);
  });

  it.each([
    ['usage', 2],
    ['data', 3],
    ['engine', 4],
    ['baseline', 7],
  ])('end with the first of them if it fails with an error of the kind %s', async (code, exit) => {
    const ended = runOf([{ says: 'x.npy: refused', code: exit }, measured]);
    await expect(ended).rejects.toMatchObject({ code, message: 'x.npy: refused' });
    expect(started()).toBe(1);
  });

  it('end with a data error if the file changes meanwhile', async () => {
    const { dataset, results } = measured;
    const changes: Partial<RunRecord>[] = [
      { dataset: { ...dataset, rows: dataset.rows + 1 } },
      { dataset: { ...dataset, dtype: 'float64' } },
      { results: results.map((result) => ({ ...result, epochSum: 2 }) as typeof result) },
    ];
    for (const change of changes) {
      const ended = runOf([measured, measured, { ...measured, ...change }, measured]);
      await expect(ended).rejects.toMatchObject({
        code: 'data',
        message: `${DATA}: the file changed during the run; expected the same data for every process`,
      });
      expect(started()).toBe(3);
      forget();
    }
  });

  it('end when the interval is as narrow as --until asks at two checks in a row', async () => {
    // From the seventh process to the eighth, the interval contains the largest speedup; from the ninth on it no longer does.
    const ends = Array.from({ length: 12 }, (_, i) => (i === 6 ? measuredWith(3) : measured));
    const { cases, results } = await runOf(ends, { untilPercent: 5 });
    expect(started()).toBe(10);
    expect(results[0]).toMatchObject({ roundsPerProcess: Array(10).fill(20) });
    expect(cases).toMatchObject([{ rounds: 200, end: 'until' }]);
  });
});
