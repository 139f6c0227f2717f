import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// In the repository, so that koffi can be resolved.
mkdirSync(join(ROOT, '.cache'), { recursive: true });
const folder = mkdtempSync(join(ROOT, '.cache/device-test-'));
const PROGRAMS = ['test', 'contact', 'bench'];

beforeAll(async () => {
  // The programs read their version from it.
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  await build({
    entryPoints: PROGRAMS.map((name) => join(ROOT, `bench/gpu/${name}.ts`)),
    ...{ outdir: join(folder, 'bundle'), outExtension: { '.js': '.mjs' }, bundle: true },
    ...{ platform: 'node', format: 'esm', target: 'node20', packages: 'external', logLevel: 'error' },
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: readonly string[]) {
  const env = { ...process.env, PINBENCH_CUDA_LIBRARY: join(folder, 'none.so') };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** The sentence of `pinbench engines` about CUDA. */
function sentenceOfEngines(): string {
  const { stdout } = run(join(ROOT, 'bin/pinbench.js'), 'engines');
  return /^cuda +not available: (.*)$/m.exec(stdout)![1]!;
}

it.each([
  ['test.mjs', []],
  ['contact.mjs', ['ahead']],
  ['bench.mjs', ['--small', '--out', 'never']],
] as const)('%s exits 4 without a driver, with the same reason as pinbench engines', (program, args) => {
  expect(run(join('bundle', program), ...args)).toEqual({
    ...{ status: 4, stdout: `no CUDA device: ${sentenceOfEngines()}\n`, stderr: '' },
  });
});
