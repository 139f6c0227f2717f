import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const BIN = join(ROOT, 'bin', 'pinbench.js');
export const DATA = join(ROOT, 'fixtures', 'data.npy');
/** Arguments of a run that takes less than a second. */
export const RUN = [
  '--engine',
  'cpu',
  '--batch',
  '2',
  '--rounds',
  '6',
  '--min-time',
  '1ms',
  '--warmup',
  '0',
  '--quiet',
];

/** Runs pinbench to its end. */
export function pinbench(args, { cwd, env = {} }) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, TMPDIR: cwd, ...env },
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

/** Starts pinbench; `ended` resolves to its exit code or signal. */
export function started(args, cwd) {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd,
    stdio: 'ignore',
    env: { ...process.env, TMPDIR: cwd },
  });
  return { child, ended: new Promise((done) => child.on('close', (code, signal) => done(code ?? signal))) };
}

/** Runs bash in a folder, with a function `pinbench` that runs pinbench. */
export function shell(script, cwd) {
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `pinbench() { "${process.execPath}" "${BIN}" "$@"; }\n${script}`],
    { cwd, encoding: 'utf8', env: { ...process.env, TMPDIR: cwd }, timeout: 60_000 },
  );
  return { status, stdout, stderr };
}
