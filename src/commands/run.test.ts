import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openDataset, run } from '../index.js';
import { type MeasuredResult, recordSchema } from '../record/schema.js';

const BIN = fileURLToPath(new URL('../../bin/pinbench.js', import.meta.url));
const DATA = fileURLToPath(new URL('../../fixtures/data.npy', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pinbench-run-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Makes a sparse NPY file of float32 zeros. */
function zeros(name: string, rows: number, cols: number): string {
  const path = join(folder, name);
  const shape = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const header = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${shape.padEnd(117)}\n`, 'latin1');
  writeSync(openSync(path, 'w'), header);
  truncateSync(path, header.length + rows * cols * 4);
  return path;
}

function pinbench(...args: string[]) {
  const startedMs = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr, seconds: (performance.now() - startedMs) / 1000 };
}

const warningLines = (text: string) => text.split('\n').filter((line) => line.startsWith('warning'));

describe('pinbench run', () => {
  it('keeps a budget within 10 % for sixteen cases, including process start and exit, with few warning lines', () => {
    const path = zeros('sweep.npy', 40_000, 4);
    const { status, stdout, seconds } = pinbench('run', path, '--batch', '1..65536', '--budget', '20s');
    expect(status).toBe(0);
    expect(seconds).toBeLessThan(1.1 * 20);
    expect(stdout.match(/^ *[\d,]+ {2}(feed|pin) /gm)).toHaveLength(32);
    expect(warningLines(stdout).length).toBeLessThanOrEqual(3);
    expect(stdout).toMatch(/^warning +batch 65536 left out: the dataset has 40,000 rows$/m);
  }, 60_000);

  it('uses a default batch size that fits the data', () => {
    const { status, stdout } = pinbench('run', DATA, '--epochs', '6', '--json', '-');
    expect(status).toBe(0);
    expect(recordSchema.parse(JSON.parse(stdout)).plan.batches).toEqual([10]);
  });

  it('repeats short epochs, and records how many were requested, measured and verified', () => {
    const { stdout } = pinbench('run', DATA, '-b', '2', '-e', '100', '--json', '-');
    const { plan, results } = recordSchema.parse(JSON.parse(stdout));
    expect(plan.epochs).toBe(100);
    for (const {
      samplesNs,
      steps,
      stepsPerEpoch,
      epochsMeasured,
      verifiedSteps,
      stepNs,
    } of results as MeasuredResult[]) {
      expect(samplesNs).toHaveLength(20);
      expect(epochsMeasured).toBeGreaterThanOrEqual(100);
      expect(epochsMeasured).toBe(steps / stepsPerEpoch);
      expect(verifiedSteps).toBe(steps);
      // 20 blocks of at least 10 ms.
      expect(stepNs.mean * steps).toBeGreaterThan(0.9 * 20 * 10e6);
    }
  });

  it.skipIf(process.platform === 'win32').each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'stops at %s within half a second in an epoch of 8 million steps, and keeps the record that an earlier run wrote',
    async (signal) => {
      const path = zeros('tall.npy', 8_000_000, 1);
      const record = join(folder, `${signal}.json`);
      writeFileSync(record, 'kept');
      const child = spawn(process.execPath, [BIN, 'run', path, '-b', '1', '-e', '1', '--json', record]);
      let stderr = '';
      child.stderr.on('data', (text) => {
        stderr += text;
      });
      const closed = new Promise<number | null>((done) => child.on('close', done));
      await new Promise((done) => setTimeout(done, 3500));
      const startedMs = performance.now();
      child.kill(signal);
      expect(await closed).toBe(130);
      // Four times the limit, because other tests run at the same time. The epoch takes 20 s.
      expect(performance.now() - startedMs).toBeLessThan(2000);
      expect(stderr).toBe(`pinbench: ${path}: interrupted; no round was finished\n`);
      expect(readFileSync(record, 'utf8')).toBe('kept');
    },
  );
});

describe('run as a function', () => {
  const short = { epochs: 6, minTimeNs: 0, warmup: 0 } as const;

  it.each([
    [{ fetch: 'never' }, '--fetch=never'],
    [{ batch: [] }, '--batch='],
    [{ engine: 'nothing' }, '--engine=nothing'],
    [{ batch: 70_000 }, '--batch=70000'],
    [{ budgetNs: 1e6 }, '--budget=1ms'],
  ])('throws the same error as the command line for %j', async (options, flag) => {
    const error = await run(DATA, { ...short, ...(options as object) }).catch((thrown: unknown) => thrown);
    const { status, stderr } = pinbench('run', DATA, '-e', '6', '--min-time', '0', '--warmup', '0', flag);
    expect(error).toMatchObject({ name: 'PinbenchError', code: 'usage' });
    expect(status).toBe(2);
    const sentence = (text: string) =>
      text
        .replace(/^pinbench: /, '')
        .replace(/"[^"]*"|: [\d.]+ ms is|at least [\d.]+ \w+/g, '#')
        .trim();
    expect(sentence((error as Error).message)).toBe(sentence(stderr));
  });

  it('accepts an engine or a strategy by itself or in a list', async () => {
    const rowsOf = async (options: object) => {
      const { results } = await run(DATA, { ...short, engine: 'cpu', ...options });
      return results.map(({ engine, strategy }) => `${engine} ${strategy}`);
    };
    expect(await rowsOf({ strategy: 'pin' })).toEqual(['cpu pin']);
    expect(await rowsOf({ strategy: 'pin-replay' })).toEqual(['cpu pin-replay']);
    expect(await rowsOf({ strategy: ['pin', 'feed'], engine: ['cpu'] })).toEqual(['cpu feed', 'cpu pin']);
  });

  it('refuses an unknown option', async () => {
    await expect(run(DATA, { epoch: 3 } as object)).rejects.toMatchObject({
      code: 'usage',
      subject: 'epoch',
    });
  });

  it('lists all options if one is unknown, those without a flag included', async () => {
    await expect(run(DATA, { epoch: 3 } as object)).rejects.toMatchObject({
      expected: expect.stringMatching(
        /^dtype, .*, device, signal, progress, clock, startedNs, verbose, argv$/,
      ),
    });
  });

  const methods = { loading() {}, phase() {} };
  it.each([
    ['signal', {}, 'an AbortSignal'],
    ['signal', null, 'an AbortSignal'],
    ['progress', {}, 'an object with the methods loading and phase, and optionally process'],
    [
      'progress',
      { ...methods, phase: 1 },
      'an object with the methods loading and phase, and optionally process',
    ],
    [
      'progress',
      { ...methods, process: 1 },
      'an object with the methods loading and phase, and optionally process',
    ],
    ['clock', 1, 'an object with the method nowNs'],
    ['startedNs', 'x', 'a time of the clock in nanoseconds'],
    ['startedNs', Number.NaN, 'a time of the clock in nanoseconds'],
    ['verbose', 'x', 'true or false'],
    ['argv', 1, 'a list of strings'],
    ['argv', [1], 'a list of strings'],
  ])('refuses %s: %j', async (subject, value, expected) => {
    await expect(run(DATA, { ...short, [subject]: value })).rejects.toMatchObject({
      ...{ name: 'PinbenchError', code: 'usage', subject, expected },
    });
  });

  it.each([
    ['null', null, 'run'],
    ['a number', 42, 'run'],
    ['an empty object', {}, 'run'],
    ['no rows', { path: 'm', rows: 0, cols: 3, dtype: 'float32', values: new Float32Array(0) }, 'run'],
    ['too few values', { path: 'm', rows: 10, cols: 3, dtype: 'float32', values: new Float32Array(29) }, 'm'],
    [
      'values of another type',
      { path: 'm', rows: 10, cols: 3, dtype: 'float32', values: new Float64Array(30) },
      'm',
    ],
    ['a plain array', { path: 'm', rows: 1, cols: 1, dtype: 'float32', values: [1] }, 'm'],
  ])('refuses %s as a dataset', async (_, input, subject) => {
    await expect(run(input as string, short)).rejects.toMatchObject({ code: 'usage', subject });
  });

  it('refuses options that are not an object', async () => {
    await expect(run(DATA, null as unknown as object)).rejects.toMatchObject({
      code: 'usage',
      subject: 'options',
    });
    await expect(run(DATA, 'x' as unknown as object)).rejects.toMatchObject({
      code: 'usage',
      subject: 'options',
    });
  });

  it('stops at a signal and returns what was measured', async () => {
    const stop = new AbortController();
    const progress = {
      loading() {},
      phase({ round = 0 }) {
        if (round === 3) stop.abort();
      },
    };
    const record = await run(DATA, { batch: 2, rounds: 1_000_000, signal: stop.signal, progress });
    expect(record).toMatchObject({ complete: false, reason: 'interrupted' });
    expect(record.results[0]).toMatchObject({ status: 'measured', samplesNs: { length: 2 } });
  });

  it('throws if a signal stops it before anything was measured', async () => {
    const stop = new AbortController();
    const progress = { loading() {}, phase: () => stop.abort() };
    const dataset = await openDataset(DATA);
    for (const input of [DATA, dataset]) {
      await expect(run(input, { batch: 2, signal: stop.signal, progress })).rejects.toMatchObject({
        ...{ name: 'PinbenchError', code: 'interrupted' },
        message: `${DATA}: interrupted; no round was finished`,
      });
    }
  });
});
