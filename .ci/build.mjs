// Builds dist from src anew, unless nothing that it is made of has changed since the last build.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const KERNELS = 'engine/cuda/kernels';
const HASH = '.cache/built.sha256';

const sources = readdirSync('src', { recursive: true })
  .map((name) => join('src', name))
  .filter((path) => statSync(path).isFile())
  .sort();
const hash = createHash('sha256');
for (const path of [
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  '.ci/build.mjs',
  ...sources,
]) {
  const content = readFileSync(path);
  hash.update(`${path}\n${content.length}\n`).update(content);
}
const wanted = hash.digest('hex');

const built = existsSync('dist/index.js') && existsSync(HASH) ? readFileSync(HASH, 'utf8') : undefined;
if (built !== wanted) {
  rmSync(HASH, { force: true });
  rmSync('dist', { recursive: true, force: true });
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  cpSync(join('src', KERNELS), join('dist', KERNELS), {
    recursive: true,
    filter: (path) => !/\.(cu|sh|py)$/.test(path),
  });
  mkdirSync('.cache', { recursive: true });
  writeFileSync(HASH, wanted);
}
