// Makes .cache/gpu, or the given folder: everything except Node that a GPU machine needs to run the tests and the benchmark,
// without an install step or network access. See docs/gpu-machine.md.
//   first-contact.mjs      every check for a new GPU machine, in one command
//   cli.mjs                pinbench itself
//   test.mjs, bench.mjs, contact.mjs    what first-contact.mjs runs, each bundled with its imports
//   data.npy               the README's example
//   kernels/               the PTX that they load
//   node_modules/          koffi: its loader and its prebuilt addon for Linux x64
//   peers/                 the same loops in C++ and Python frameworks; the C++ one is built if g++ is installed
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = resolve(process.argv[2] ?? join(root, '.cache/gpu'));

/** The bundle has no package.json from which to read its version. */
const version = `export const VERSION = '${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}';`;

/** Nor are packages that could be required. */
const tfjs = [
  "import * as tf from '@tensorflow/tfjs-core';",
  "import '@tensorflow/tfjs-backend-cpu';",
  'export const loadTfjs = () => tf;',
].join('\n');

const programs = ['test', 'bench', 'contact', 'first-contact', 'cli'];

rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: Object.fromEntries(programs.map((name) => [name, join(root, `bench/gpu/${name}.ts`)])),
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Loaded from the bundle's node_modules.
  external: ['koffi'],
  banner: {
    // The names that CommonJS packages expect.
    js: [
      "import { createRequire as requireOf } from 'node:module';",
      'const require = requireOf(import.meta.url);',
      "const __filename = require('node:url').fileURLToPath(import.meta.url);",
    ].join(' '),
  },
  plugins: [
    {
      name: 'what is not beside the bundle',
      setup({ onLoad }) {
        onLoad({ filter: /src\/version\.ts$/ }, () => ({ contents: version }));
        onLoad({ filter: /tfjs\/cpu-packages\.ts$/ }, () => ({ contents: tfjs, resolveDir: root }));
      },
    },
  ],
  logLevel: 'warning',
});
// esbuild does not check the banner, which may declare a name that the bundle declares as well.
for (const name of programs) {
  const path = join(out, `${name}.mjs`);
  const { status, stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${path} is not a valid program: ${stderr}`);
}

const ptx = (name) => !/[.](cu|sh|py)$/.test(name);
cpSync(join(root, 'src/engine/cuda/kernels'), join(out, 'kernels'), { recursive: true, filter: ptx });
for (const file of [
  'koffi/package.json',
  'koffi/index.js',
  'koffi/src/koffi/index.js',
  'koffi/src/koffi/src/static.js',
  '@koromix/koffi-linux-x64/package.json',
  '@koromix/koffi-linux-x64/index.js',
  '@koromix/koffi-linux-x64/linux_x64/koffi.node',
]) {
  const from = join(root, 'node_modules', file);
  if (!existsSync(from))
    throw new Error(`${file} is not installed: the bundle can only be made on Linux x64, for Linux x64`);
  mkdirSync(dirname(join(out, 'node_modules', file)), { recursive: true });
  cpSync(from, join(out, 'node_modules', file));
}
cpSync(join(root, 'fixtures/data.npy'), join(out, 'data.npy'));
cpSync(join(root, 'bench/peers'), join(out, 'peers'), { recursive: true });
const flags = [
  '-std=c++17',
  '-O2',
  '-Wall',
  '-Wextra',
  '-o',
  join(out, 'peers/driver'),
  join(root, 'bench/peers/driver.cpp'),
];
const compiled = spawnSync('g++', [...flags, '-ldl'], { stdio: ['ignore', 'inherit', 'inherit'] });
console.log(
  `made ${out}${compiled.status === 0 ? '' : '; skipped: the C++ peer, which g++ could not compile'}`,
);
