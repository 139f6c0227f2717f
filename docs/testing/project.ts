import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDouble, whyNoDouble } from '../../src/engine/cuda/testing/double.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Shape of the project's data, which is large enough for the recipes' largest mini-batch. */
const [ROWS, COLS] = [1024, 3];

/** A user's project in git, with data.npy and with `pinbench` in its package.json, installed from a tarball in the repository. */
export interface Project {
  /** Path of the repository. */
  readonly repository: string;
  /** A folder outside the repository for the test's own use. */
  readonly scratch: string;
  /** Makes npm prefer its cache, and CUDA load the software driver. */
  readonly env: NodeJS.ProcessEnv;
  /** Commits the content of the working tree and returns the commit's hash. */
  commit(): string;
  remove(): void;
}

/** Why the recipes cannot run here; `undefined` if they can. */
export const missing = whyNoDouble();

/** Makes a project in which nothing is committed yet. */
export function makeProject(): Project {
  const scratch = mkdtempSync(join(tmpdir(), 'pinbench-recipes-'));
  const repository = join(scratch, 'project');
  mkdirSync(join(repository, 'vendor'), { recursive: true });
  const double = join(scratch, 'double');
  buildDouble(double);
  const run = (cwd: string, command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', join(repository, 'vendor')];
  const tarball = run(ROOT, 'npm', ...pack);
  writeFileSync(join(repository, 'package.json'), JSON.stringify({ name: 'model', private: true }));
  writeFileSync(join(repository, '.gitignore'), 'node_modules/\n');
  writeFileSync(join(repository, 'data.npy'), npyOf(ROWS, COLS));
  const install = ['install', '--save-dev', '--package-lock-only', '--ignore-scripts', '--prefer-offline'];
  run(repository, 'npm', ...install, `./vendor/${tarball}`);
  run(repository, 'git', 'init', '--quiet', '--initial-branch', 'main');
  return {
    repository,
    scratch,
    env: {
      ...process.env,
      ...{ npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' },
      PINBENCH_CUDA_LIBRARY: join(double, 'libcuda.so.1'),
    },
    commit() {
      const author = ['-c', 'user.name=model', '-c', 'user.email=model@example'];
      run(repository, 'git', 'add', '--all');
      run(repository, 'git', ...author, 'commit', '--quiet', '--allow-empty', '--message', 'model');
      return run(repository, 'git', 'rev-parse', 'HEAD');
    },
    remove: () => rmSync(scratch, { recursive: true }),
  };
}

/** A float32 matrix as an NPY file. */
export function npyOf(rows: number, cols: number): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const padded = `${header.padEnd(117)}\n`;
  const values = Float32Array.from({ length: rows * cols }, (_, i) => i % 97);
  return Buffer.concat([
    Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length, 0]),
    Buffer.from(padded),
    Buffer.from(values.buffer),
  ]);
}
