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

/** A hash of the names and contents of files, and of all files in the folders among them. */
function hashOf(...paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const within = statSync(path, { throwIfNoEntry: false })?.isDirectory()
      ? readdirSync(path, { recursive: true }).map((name) => join(path, name))
      : [path];
    for (const file of within.sort()) {
      if (!statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
      const content = readFileSync(file);
      hash.update(`${file}\n${content.length}\n`).update(content);
    }
  }
  return hash.digest('hex');
}

const sourcesHash = () =>
  hashOf('package-lock.json', 'tsconfig.json', 'tsconfig.build.json', '.ci/build.mjs', 'src');
const before = sourcesHash();
const built = existsSync(HASH) ? readFileSync(HASH, 'utf8') : '';
if (built !== `${before} ${hashOf('dist')}`) {
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
  // A source that changed meanwhile may be in dist or not, so the next build starts anew.
  if (sourcesHash() === before) writeFileSync(HASH, `${before} ${hashOf('dist')}`);
}
