// The checks of first-contact, in order of importance in case the time runs out.
import { join } from 'node:path';
import process from 'node:process';
import { writeMatrix } from './matrix.js';
import type { Part } from './part.js';

export interface Places {
  /** The folder of the bundle. */
  readonly bundle: string;
  /** The folder of the results. */
  readonly out: string;
  /** The folder that is removed at the end. */
  readonly temporary: string;
}

export function partsOf(SMALL: boolean, { bundle, out, temporary }: Places): readonly Part[] {
  const node = (seconds: number, name: string, program: string, args: readonly string[] = []): Part => ({
    ...{ name, seconds, command: process.execPath },
    args: [join(bundle, program), ...args],
    // So that files of a program that is killed are removed too.
    env: { TMPDIR: temporary },
  });
  const tool = (seconds: number, name: string, command: string, args: readonly string[]): Part => ({
    ...{ name, seconds, command, args },
    env: { TMPDIR: temporary },
  });
  const run = (seconds: number, name: string, args: readonly string[], record: string): Part =>
    node(seconds, name, 'cli.mjs', [
      ...['run', ...args, '--engine', 'cuda'],
      ...['--json', join(out, record), '--markdown', '-'],
    ]);
  const onMatrix = (
    seconds: number,
    name: string,
    [rows, cols]: readonly [number, number],
    args: readonly string[],
    record: string,
  ): Part => {
    const path = join(temporary, record.replace(/json$/, 'npy'));
    const prepare = (signal: AbortSignal) => writeMatrix(path, rows, cols, signal);
    return { ...run(seconds, name, [path, ...args], record), prepare };
  };
  const small = SMALL ? ['--small'] : [];
  const sized = (budget: string) => (SMALL ? ['--epochs', '6', '--min-time', '0'] : ['--budget', budget]);
  const example = join(bundle, 'data.npy');
  const suite = node(60, 'the small suite, compiled anew', 'test.mjs', ['--small']);
  const ahead = 'a million steps of each strategy that copies ahead, every scalar verified';
  return [
    tool(20, 'what nvidia-smi says', 'nvidia-smi', ['-q']),
    tool(10, 'how the machine is connected', 'nvidia-smi', ['topo', '-m']),
    { ...suite, env: { ...suite.env, CUDA_CACHE_DISABLE: '1' } },
    node(40, "the small suite, from the compiler's cache", 'test.mjs', ['--small']),
    ...(SMALL ? [] : [node(100, 'the whole suite', 'test.mjs')]),
    run(30, "the README's command", [example, '--batch', '2', '--epochs', '100'], 'readme.json'),
    onMatrix(
      40,
      'tiny mini-batches with every strategy, compared with the floor of an empty launch',
      [SMALL ? 64 : 4096, 8],
      ['--batch', '2', '--strategy', 'all', ...sized('25s')],
      'tiny.json',
    ),
    node(40, ahead, 'contact.mjs', ['ahead', ...small]),
    node(90, 'matrices beyond 2³¹ elements and 2³² bytes', 'contact.mjs', ['wide', ...small]),
    onMatrix(
      80,
      'a sweep of batch sizes',
      SMALL ? [64, 8] : [200_000, 64],
      ['--batch', SMALL ? '1..64' : '1..65536', '--strategy', 'feed,pin,feed-chunk', ...sized('60s')],
      'sweep.json',
    ),
    onMatrix(
      60,
      'a dataset of 1 GiB',
      SMALL ? [64, 64] : [2 ** 20, 256],
      [
        ...['--batch', SMALL ? '8' : '1024,65536'],
        ...['--strategy', 'feed,pin,feed-locked,feed-ahead', ...sized('30s')],
      ],
      'large.json',
    ),
    node(
      150,
      'the benchmark, compared with the same loops in C++ and Python and with plain copies',
      'bench.mjs',
      [...small, ...['--out', out]],
    ),
    ...['memcheck', 'racecheck', 'initcheck', 'synccheck'].map((check) =>
      tool(60, `compute-sanitizer ${check}`, 'compute-sanitizer', [
        ...['--tool', check, '--error-exitcode', '9'],
        ...[process.execPath, join(bundle, 'test.mjs'), '--small'],
      ]),
    ),
    tool(60, 'what ncu says of the kernels', 'ncu', [
      ...['--set', 'basic', '--launch-count', '20'],
      ...[process.execPath, join(bundle, 'cli.mjs'), 'run', example],
      ...['--engine', 'cuda', '-b', '2', '-e', '1'],
    ]),
  ];
}
