import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { writeMatrix } from './matrix.js';
import { type Part, runPart } from './part.js';

const folder = mkdtempSync(join(tmpdir(), 'pinbench-part-'));
afterAll(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;
const shell = (text: string, seconds = 20): Part => ({
  ...{ name: 'a part', command: '/bin/sh', args: ['-c', text], seconds },
});

async function outcomeOf(part: Part, seconds = part.seconds, interrupt = never) {
  const begin = performance.now();
  const outcome = await runPart(part, seconds, interrupt, () => {});
  return { ...outcome, took: (performance.now() - begin) / 1000 };
}

/** Whether a process is running; a zombie is not. */
function runs(pidFile: string): boolean {
  const pid = readFileSync(join(folder, pidFile), 'utf8').trim();
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe.skipIf(process.platform !== 'linux')('a part', () => {
  it('passes, and shows its last lines of output', async () => {
    const outcome = await outcomeOf(shell('seq 1 100; echo é >&2'));
    expect(outcome).toMatchObject({ state: 'passed', what: 'passed' });
    expect(outcome.lines).toHaveLength(12);
    expect(outcome.lines.at(-1)).toMatch(/100|é/);
  });

  it('ends when its program does, and kills the processes that the program started', async () => {
    const outcome = await outcomeOf(shell(`sleep 30 & echo $! >${folder}/holder; exit 0`));
    expect(outcome).toMatchObject({ state: 'passed', what: 'passed; processes it left running were ended' });
    expect(outcome.took).toBeLessThan(10);
    await sleep(100);
    expect(runs('holder')).toBe(false);
  });

  it('also kills child processes that hold no pipe', async () => {
    await outcomeOf(shell(`sleep 30 >/dev/null 2>&1 & echo $! >${folder}/silent; exit 0`));
    await sleep(100);
    expect(runs('silent')).toBe(false);
  });

  it('ends at its time limit with all its processes, even those that ignore SIGTERM', async () => {
    const stubborn = `trap '' TERM; sleep 30 & echo $! >${folder}/stubborn; while :; do sleep 1; done`;
    const outcome = await outcomeOf(shell(stubborn), 0.5);
    expect(outcome).toMatchObject({ state: 'failed', what: 'ended at its time limit of 1 s' });
    expect(outcome.took).toBeGreaterThan(0.4);
    expect(outcome.took).toBeLessThan(10);
    await sleep(100);
    expect(runs('stubborn')).toBe(false);
  });

  it('fails at its time limit even if its program then exits with 0', async () => {
    const outcome = await outcomeOf(shell("trap 'exit 0' TERM; while :; do sleep 0.1; done"), 0.5);
    expect(outcome).toMatchObject({ state: 'failed', what: expect.stringContaining('limit') });
  });

  it('says that it was interrupted, and after how many seconds', async () => {
    const control = new AbortController();
    setTimeout(() => control.abort(), 300);
    const outcome = await outcomeOf(shell('sleep 30'), 20, control.signal);
    expect(outcome.state).toBe('failed');
    expect(outcome.what).toMatch(/^interrupted after 0\.[3-9] s$/);
  });

  it.each([
    ['kill -SEGV $$', /^crashed after 0\.\d s by SIGSEGV$/],
    ['kill -ABRT $$', /^crashed after 0\.\d s by SIGABRT$/],
    ['kill -KILL $$', /^killed after 0\.\d s, but not by its time limit: out of memory\?$/],
    ['kill -TERM $$', /^ended after 0\.\d s by SIGTERM$/],
    ['exit 3', /^exit code 3$/],
    ['exit 139', /^exit code 139 \(SIGSEGV\)$/],
  ])('says how it failed: %s', async (text, what) => {
    const outcome = await outcomeOf(shell(text));
    expect(outcome).toMatchObject({ state: 'failed', what: expect.stringMatching(what) });
    expect(outcome.seconds).toBeLessThan(5);
  });

  it('is skipped if its tool is not installed, and only then', async () => {
    const tool = { ...shell(''), command: 'no-such-tool' };
    expect(await outcomeOf(tool)).toMatchObject({
      ...{ state: 'skipped', what: 'skipped: no-such-tool is not installed' },
    });
    const noProgram = { ...shell(''), command: folder };
    expect(await outcomeOf(noProgram)).toMatchObject({
      ...{ state: 'failed', what: expect.stringMatching(/cannot be started: .*EACCES/) },
    });
  });

  it('fails with the reason if its data cannot be written', async () => {
    const path = join(folder, 'gone/x.npy');
    const part = { ...shell('exit 0'), prepare: (signal: AbortSignal) => writeMatrix(path, 4, 4, signal) };
    expect(await outcomeOf(part)).toMatchObject({
      ...{ state: 'failed', what: expect.stringMatching(/^cannot be prepared: ENOENT.*gone/) },
    });
  });

  it('ends at its time limit even while its data is being written', async () => {
    const part = { ...shell('exit 0'), prepare: () => sleep(20_000, undefined, { ref: false }) };
    const outcome = await outcomeOf(part, 0.3);
    expect(outcome.what).toContain('limit');
    expect(outcome.took).toBeLessThan(5);
  });
});

describe('a matrix', () => {
  it('is a file in NPY format', async () => {
    const path = join(folder, 'm.npy');
    await writeMatrix(path, 3, 5, never);
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(128 + 3 * 5 * 4);
    expect(bytes.subarray(10, 128).toString()).toMatch(/^\{'descr': '<f4'.*\(3, 5\), \} *\n$/);
    expect(bytes.readFloatLE(128)).toBe(Math.fround(Math.sin(1)));
  });

  it('is removed if it cannot be written completely', async () => {
    const path = join(folder, 'half.npy');
    await expect(writeMatrix(path, 2 ** 10, 2 ** 10, AbortSignal.abort())).rejects.toThrow();
    expect(existsSync(path)).toBe(false);
  });
});
