import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { tensorflowFolder } from '../engine/tfjs/tensorflow-folder.js';
import { PinbenchError, usageError } from '../errors.js';
import type { Surroundings } from '../surroundings.js';
import { systemReasonOf } from '../system-error.js';
import { shellPath } from '../text.js';
import { formatBytes } from '../units.js';
import { CommandFailed, type CommandOptions, command, mustHave } from './command.js';
import { LOCK } from './lock.js';
import { unpackWheel } from './unpack.js';
import { CPU_WHEELS, GPU_WHEELS, KEPT, type Wheel } from './wheels.js';

const PACKAGE = '@tensorflow/tfjs-node-gpu';
const PACKAGE_VERSION = '4.22.0';
const TENSORFLOW_VERSION = '2.20.0';
/** A file written last into the folder: its presence means that the folder is complete. */
const STAMP = 'pinbench-setup.json';
/** Measured disk space, bytes: `kept` is taken once setup is done, `most` during setup, when the largest wheel is there too. */
const DISK_BYTES = { cpu: { kept: 1.2e9, most: 1.6e9 }, gpu: { kept: 4.5e9, most: 5.5e9 } } as const;
/** The wheels' Python tag does not matter, since nothing of Python is used. */
const WHEEL_FLAGS =
  '--no-deps --only-binary=:all: --python-version 311 --implementation cp --abi cp311 --abi none ' +
  '--platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64';

/** Options for the setup. */
export interface SetupOptions {
  /** The target folder. Default: the cache folder. */
  readonly folder?: string | undefined;
  /** Install TensorFlow without CUDA. */
  readonly cpu: boolean;
  /** Prints a line: at the start what will be fetched, at the end where the result is. */
  readonly say: (line: string) => void;
  /** Called with the bytes fetched so far and in total. */
  readonly fetched: (doneBytes: number, totalBytes: number, what: string) => void;
  readonly signal?: AbortSignal | undefined;
  readonly surroundings: Surroundings;
}

/**
 * Builds a working tfjs-node-gpu: the package comes from npm and TensorFlow's C library from its wheels on PyPI; the binding
 * between them is compiled here. Everything is built and tried in a temporary folder beside the target, which replaces the target
 * only if all succeeded. A folder that already has the same content is left as it is.
 */
export async function setupTensorflow(options: SetupOptions): Promise<void> {
  const folder = resolve(options.folder ?? tensorflowFolder(options.surroundings));
  const wheels = options.cpu ? CPU_WHEELS : GPU_WHEELS;
  const stamp = JSON.stringify({
    ...{ package: `${PACKAGE}@${PACKAGE_VERSION}`, tensorflow: TENSORFLOW_VERSION, cpu: options.cpu },
    wheels: wheels.map(({ sha256 }) => sha256),
    lock: createHash('sha256').update(JSON.stringify(LOCK)).digest('hex'),
  });
  if ((await stampOf(folder)) === stamp) return options.say(`${folder} is already set up`);
  await mustBeOurs(folder);
  await mustHaveTools({ cwd: '/', env: options.surroundings.env });
  await mustHaveRoom(folder, options.cpu);
  const bytes = wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  const kept = DISK_BYTES[options.cpu ? 'cpu' : 'gpu'].kept;
  const partial = await makePartial(folder);
  try {
    options.say(
      `fetching ${PACKAGE} ${PACKAGE_VERSION} from npm and ${wheels.length === 1 ? 'a wheel' : `${wheels.length} wheels`} ` +
        `(${formatBytes(bytes)}) from PyPI; the result will take ${formatBytes(kept)} in ${folder}`,
    );
    await build(partial, wheels, bytes, options);
    await writeFile(join(partial, STAMP), stamp);
    // Move the old folder away first: rename cannot replace a folder that is not empty.
    const before = `${partial}.before`;
    if (existsSync(folder)) await rename(folder, before);
    await rename(partial, folder);
    await rm(before, { recursive: true, force: true });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  options.say(
    `${folder} is ready; next: ${options.folder ? `PINBENCH_TENSORFLOW_DIR=${shellPath(folder)} ` : ''}npx pinbench run FILE --engine tensorflow`,
  );
}

async function build(folder: string, wheels: readonly Wheel[], totalBytes: number, options: SetupOptions) {
  const { signal, fetched, surroundings } = options;
  const how: CommandOptions = { cwd: folder, env: surroundings.env, ...(signal && { signal }) };
  const { dependencies } = LOCK.packages[''];
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(LOCK));
  // npm checks each package against its hash in the lock file.
  await step('npm ci', () => command('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], how));
  const home = join(folder, 'node_modules', PACKAGE);
  const deps = join(home, 'deps');
  let doneBytes = 0;
  for (const wheel of wheels) {
    const into = join(folder, 'wheel');
    await mkdir(into);
    const watch = setInterval(async () => {
      fetched(doneBytes + (await bytesIn(into)), totalBytes, wheel.requirement);
    }, 250);
    try {
      await fetchWheel(wheel, into, how);
    } finally {
      clearInterval(watch);
    }
    await step(`unpacking ${wheel.requirement}`, async () => {
      const [file] = (await readdir(into)).filter((name) => name.endsWith('.whl'));
      await unpackWheel(join(into, file!), deps, KEPT, how);
    });
    // One wheel at a time, so that the disk never holds more than the largest wheel besides what is kept.
    await rm(into, { recursive: true });
    doneBytes += wheel.bytes;
    fetched(doneBytes, totalBytes, wheel.requirement);
  }
  for (const name of ['tensorflow', 'tensorflow_framework']) {
    const library = name === 'tensorflow' ? 'libtensorflow_cc.so.2' : 'libtensorflow_framework.so.2';
    await symlink(library, join(deps, 'lib', `lib${name}.so`));
  }
  await step('compiling the binding', () => compile(folder, home, how));
  await rm(join(deps, 'include'), { recursive: true });
  await step('trying the installation', async () => {
    const sum = await command(surroundings.nodePath, ['-e', TRIAL], {
      ...how,
      env: { ...how.env, TF_CPP_MIN_LOG_LEVEL: '3' },
    });
    if (sum.trim() !== '8555') throw new CommandFailed(`the example sums to ${sum.trim()}, expected 8555`);
  });
}

/** pip checks the file against its hash. Its temporary folder is set here, so that the progress of the download can be seen. */
async function fetchWheel({ requirement, sha256 }: Wheel, into: string, how: CommandOptions) {
  const list = join(into, 'requirements.txt');
  await writeFile(list, `${requirement} --hash=sha256:${sha256}\n`);
  await step(`fetching ${requirement}`, () =>
    command(
      'python3',
      [
        '-m',
        'pip',
        'download',
        '--no-cache-dir',
        '--require-hashes',
        ...WHEEL_FLAGS.split(' '),
        '-d',
        into,
        '-r',
        list,
      ],
      { ...how, env: { ...how.env, TMPDIR: into, PIP_DISABLE_PIP_VERSION_CHECK: '1' } },
    ),
  );
}

function compile(folder: string, home: string, how: CommandOptions): Promise<string> {
  return mkdir(join(home, 'lib/napi-v8'), { recursive: true }).then(() =>
    command(
      'g++',
      [
        ...'-std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8 -I. -I.. -Ideps/include'.split(' '),
        `-I${join(folder, 'node_modules/node-api-headers/include')}`,
        ...'binding/tfjs_backend.cc binding/tfjs_binding.cc -o lib/napi-v8/tfjs_binding.node'.split(' '),
        ...'-Ldeps/lib -ltensorflow -ltensorflow_framework -Wl,-rpath,$ORIGIN/../../deps/lib'.split(' '),
      ],
      { ...how, cwd: home },
    ),
  );
}

/** Runs one step of the setup. If its program fails, throws an engine error with the program's message. */
async function step<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof CommandFailed)) throw cause;
    throw new PinbenchError('engine', {
      subject,
      observed: cause.message,
      remedy: 'nothing was left behind; check the network and the disk, and run the command again',
      cause,
    });
  }
}

async function mustHaveTools(how: CommandOptions): Promise<void> {
  if (platform() !== 'linux' || arch() !== 'x64') {
    throw new PinbenchError('engine', {
      subject: 'setup tensorflow',
      observed: `this is ${platform()} on ${arch()}`,
      expected: 'Linux on x64, whose TensorFlow wheels contain everything that is needed',
      remedy: `try npm install ${PACKAGE} in your project`,
    });
  }
  await mustHave('npm', ['--version'], how, 'install npm');
  await mustHave(
    'python3',
    ['-m', 'pip', '--version'],
    how,
    'install python3 with pip: apt-get install python3-pip',
  );
  await mustHave('g++', ['--version'], how, 'install a C++ compiler: apt-get install g++');
}

async function mustHaveRoom(folder: string, cpu: boolean): Promise<void> {
  const existing = existingPartOf(folder);
  const { bavail, bsize } = await statfs(existing);
  const { most } = DISK_BYTES[cpu ? 'cpu' : 'gpu'];
  if (bavail * bsize >= most) return;
  throw new PinbenchError('engine', {
    subject: existing,
    observed: `${formatBytes(bavail * bsize)} of disk space is free`,
    expected: `at least ${formatBytes(most)} during setup`,
    remedy: 'choose a folder on another disk with --dir',
  });
}

/** Refuses a path below or of a file, and a folder with content that pinbench did not create, since setup would replace it. */
async function mustBeOurs(folder: string): Promise<void> {
  const expected = 'an empty folder or a new one';
  const existing = existingPartOf(folder);
  if (!(await stat(existing)).isDirectory()) throw usageError(existing, 'not a folder', { expected });
  if (existing !== folder) return;
  if ((await stampOf(folder)) !== undefined || (await readdir(folder)).length === 0) return;
  throw usageError(folder, `a folder that pinbench did not set up (it has no ${STAMP})`, { expected });
}

/** The path itself if it exists, or else the nearest folder above it that does. */
function existingPartOf(path: string): string {
  return existsSync(path) ? path : existingPartOf(dirname(path));
}

/** Makes the temporary folder beside the target. */
async function makePartial(folder: string): Promise<string> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    return await mkdtemp(`${folder}.partial-`);
  } catch (cause) {
    throw usageError(folder, `cannot be created (${systemReasonOf(cause)})`, { cause });
  }
}

function stampOf(folder: string): Promise<string | undefined> {
  return readFile(join(folder, STAMP), 'utf8').catch(() => undefined);
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return sizes.reduce((sum, found) => sum + (found?.isFile() ? found.size : 0), 0);
}

/** Sums the example with the new installation, slicing it as `pin` does. */
const TRIAL = `
require('node:util').isNullOrUndefined ??= (value) => value == null;
const tf = require('${PACKAGE}');
const data = tf.tensor(Float32Array.from({ length: 30 }, (_, i) => i), [10, 3]);
let sum = 0;
for (let i = 0; i < 5; i++) sum += tf.sum(tf.square(tf.slice(data, [2 * i, 0], [2, -1]))).dataSync()[0];
require('node:fs').writeSync(1, String(sum));
`;
