import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDouble } from '../../src/engine/cuda/testing/double.js';

const folder = mkdtempSync(join(tmpdir(), 'pinbench-bench-'));
const missing =
  process.platform === 'linux' && process.arch === 'x64'
    ? buildDouble(join(folder, 'double'))
    : 'the bundle is for Linux on x64';
/** A folder with a fake python3, which as JAX never becomes ready and as anything else exits at once. */
const fakes = join(folder, 'fakes');
/** A number that appears in no other process's command line. */
const MARK = `7${process.pid}`;
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts the benchmark. Its output, its report and its temporary folder are named after `name`. */
function begun(name: string, path = process.env.PATH): ChildProcess {
  const temporary = join(folder, `${name}-tmp`);
  mkdirSync(temporary);
  const env = {
    ...process.env,
    PATH: path,
    TMPDIR: temporary,
    PINBENCH_CUDA_LIBRARY: join(folder, 'double/libcuda.so.1'),
    PINBENCH_NVML_LIBRARY: join(folder, 'double/libnvidia-ml.so.1'),
    PINBENCH_DOUBLE_REPORT: join(folder, `${name}.json`),
  };
  const args = [join(folder, 'gpu/bench.mjs'), '--small', '--out', join(folder, name)];
  return spawn(process.execPath, args, { env, stdio: 'ignore' });
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
const leftOf = (name: string) => readdirSync(join(folder, `${name}-tmp`));
const summaryOf = (name: string) => {
  const path = join(folder, name, 'summary.md');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};
const fakeIsThere = () =>
  spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout.includes(`sleep ${MARK}`);
async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 50));
}

describe.skipIf(missing !== undefined)(
  `the benchmark for GPU machines, on the software driver${missing ? `: skipped, ${missing}` : ''}`,
  () => {
    beforeAll(() => {
      const bundled = spawnSync(process.execPath, ['bench/gpu/bundle.mjs', join(folder, 'gpu')], {
        encoding: 'utf8',
      });
      if (bundled.status !== 0) throw new Error(bundled.stderr);
      mkdirSync(fakes);
      const script = `#!/bin/sh\n[ "$2" = jax ] || exit 1\nexec sleep ${MARK}\n`;
      writeFileSync(join(fakes, 'python3'), script, { mode: 0o755 });
    });

    it.each([
      ['an unknown option', ['--smal'], {}, 2, /^bench: the command line: Unknown option '--smal'/],
      [
        'a file instead of a folder',
        ['--out', process.execPath],
        {},
        2,
        /^bench: the folder \S+ cannot be used: EEXIST/,
      ],
      [
        'no temporary folder',
        ['--out', join(folder, 'no-tmp')],
        { TMPDIR: '/nonexistent' },
        2,
        /^bench: the temporary folder \/nonexistent cannot be used; set TMPDIR to another folder: ENOENT/,
      ],
      [
        'a run that fails',
        ['--out', join(folder, 'broken')],
        { PINBENCH_DOUBLE_FAIL: 'cuLaunchKernel:200=4' },
        1,
        /^(?!.*at .*bench\.mjs)/s,
      ],
    ])('reports %s without a stack trace', (_, args, env, code, said) => {
      const { status, stderr } = spawnSync(
        process.execPath,
        [join(folder, 'gpu/bench.mjs'), '--small', ...args],
        {
          encoding: 'utf8',
          env: {
            ...{ ...process.env, TMPDIR: folder, PINBENCH_CUDA_LIBRARY: join(folder, 'double/libcuda.so.1') },
            ...env,
          },
        },
      );
      expect([status, stderr]).toEqual([code, expect.stringMatching(said)]);
    });

    it('measures every section and releases every resource', async () => {
      expect(await ended(begun('whole'))).toBe(0);
      const summary = summaryOf('whole');
      expect(summary.match(/^#{1,2} .+$/gm)).toEqual([
        '# Software driver',
        '## Compared with the same loops in C++ and Python',
        '## Compared with plain copies',
        '## Blocks per multiprocessor',
      ]);
      expect(summary).not.toContain('Failed');
      expect(summary).not.toMatch(/-\d[\d.]* .?i?B\/s/);
      const { live } = JSON.parse(readFileSync(join(folder, 'whole.json'), 'utf8'));
      expect(live).toEqual(Object.fromEntries(Object.keys(live).map((kind) => [kind, 0])));
      expect(leftOf('whole')).toEqual([]);
    }, 300_000);

    it('writes what it measured at SIGINT, and leaves no peer and no temporary folder', async () => {
      const child = begun('peers', `${fakes}:${process.env.PATH}`);
      const code = ended(child);
      await until(() => fakeIsThere());
      child.kill('SIGINT');
      expect(await code).toBe(130);
      expect(fakeIsThere()).toBe(false);
      expect(leftOf('peers')).toEqual([]);
      expect(summaryOf('peers')).toContain('| feed ');
      expect(summaryOf('peers')).toContain('Not complete: ended by SIGINT.');
      expect(existsSync(join(folder, 'peers', 'record.json'))).toBe(true);
    }, 300_000);

    it.each(['SIGTERM', 'SIGHUP'] as const)(
      'writes that the run is not complete at %s during its own measurement',
      async (signal) => {
        const child = begun(signal);
        const code = ended(child);
        await until(() => summaryOf(signal) !== '');
        child.kill(signal);
        expect(await code).toBe(128 + constants.signals[signal]);
        expect(summaryOf(signal)).toMatch(/the run is incomplete|Not complete: ended by SIG/);
        expect(leftOf(signal)).toEqual([]);
      },
      300_000,
    );
  },
);
