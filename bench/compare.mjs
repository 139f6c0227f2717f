// A slowdown that is known to be there, `--work 1` against `--work 2` of the same file, as `compare` tells it; exits 0 where it is
// found (compare exits 1) and a record against itself passes (0).
//   npm run bench:compare
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const pinbench = (...args) =>
  spawnSync(process.execPath, ['bin/pinbench.js', ...args], { cwd: root, stdio: 'inherit' }).status;

rmSync(`${root}/.cache/compare`, { recursive: true, force: true });
mkdirSync(`${root}/.cache/compare`, { recursive: true });
for (const work of ['1', '2']) {
  const record = ['--work', work, '--json', `.cache/compare/work-${work}.json`, '--quiet'];
  pinbench('run', 'fixtures/data.npy', '--batch', '2', '--epochs', '10000', ...record);
}
const slower = pinbench('compare', '.cache/compare/work-1.json', '.cache/compare/work-2.json');
const itself = pinbench('compare', '.cache/compare/work-1.json', '.cache/compare/work-1.json');
console.log(`exit ${slower} for the slowdown, ${itself} for the record against itself`);
process.exitCode = slower === 1 && itself === 0 ? 0 : 1;
