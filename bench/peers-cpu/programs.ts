import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { median } from 'simple-statistics';
import { EXIT } from '../../src/errors.js';
import type { RunRecord } from '../../src/record/schema.js';
import { BATCHES, BLOCK_NS, BLOCKS, type Job, STRATEGIES } from './job.js';

const HERE = join('bench', 'peers-cpu');
/** The virtual environment that the head of run.ts describes. */
const VENV_PYTHON = join('.cache', 'peers', 'bin', 'python3');
const PYTHON = process.env.PYTHON ?? (existsSync(VENV_PYTHON) ? VENV_PYTHON : 'python3');
const ENV = {
  ...process.env,
  // `npm run test:tensorflow` builds it there.
  PINBENCH_TENSORFLOW_DIR: resolve(process.env.PINBENCH_TENSORFLOW_DIR ?? join('.cache', 'tensorflow')),
  TF_CPP_MIN_LOG_LEVEL: '3',
  // CPUs are compared, and TensorFlow would otherwise use a GPU.
  CUDA_VISIBLE_DEVICES: '',
};
const MAX_MS = 300_000;

/** One batch size and strategy in one process. */
export interface Timing {
  readonly batch: number;
  readonly strategy: string;
  /** The median over the blocks, ns. */
  readonly stepNs: number;
  /** How many steps of an epoch have a sum that differs from the reference by more than rounding. */
  readonly wrong: number;
}

/** What one process of a program measured; or why its library or engine is not there. */
export type Outcome =
  | { readonly version: string; readonly timings: readonly Timing[] }
  | { readonly missing: string };

export interface Program {
  readonly name: string;
  /** Measures every batch size and strategy in a fresh process. Throws if the process fails. */
  readonly run: (job: Job) => Outcome;
}

export const CPU_ENGINE = ours('cpu');
export const TENSORFLOW_ENGINE = ours('tensorflow');
export const NUMPY = peer('NumPy', PYTHON, join(HERE, 'peer.py'), 'numpy');
export const PYTORCH = peer('PyTorch', PYTHON, join(HERE, 'peer.py'), 'torch');
export const TFJS = peer('tfjs cpu by hand', process.execPath, join(HERE, 'peer.mjs'), 'cpu');
export const TFJS_NODE = peer('tfjs-node by hand', process.execPath, join(HERE, 'peer.mjs'), 'node');

/** In the order of the columns. */
export const PROGRAMS = [NUMPY, PYTORCH, TFJS_NODE, TENSORFLOW_ENGINE, TFJS, CPU_ENGINE] as const;

/** pinbench with an engine. It verifies every timed step itself, and a wrong sum ends it with an error. */
function ours(engine: string): Program {
  const name = `pinbench \`${engine}\``;
  const flags = [
    ...['--engine', engine, '--batch', BATCHES.join(','), '--strategy', STRATEGIES.join(',')],
    ...['--rounds', String(BLOCKS), '--min-time', `${BLOCK_NS / 1e6}ms`, '--quiet', '--json', '-'],
  ];
  return {
    name,
    run(job) {
      const args = [join('bin', 'pinbench.js'), 'run', job.data, ...flags];
      const { status, output, reason } = runProcess(name, process.execPath, args);
      if (status === EXIT.engine) return { missing: reason };
      const record = JSON.parse(output) as RunRecord;
      const timings = record.results.map((result) => {
        const { batch, strategy } = result;
        if (result.status !== 'measured')
          throw new Error(`${name}: ${strategy} was skipped: ${result.reason}`);
        return { batch, strategy, stepNs: median([...result.samplesNs]), wrong: 0 };
      });
      const [device] = record.environment.devices;
      return { version: `pinbench ${record.pinbench} on ${device?.runtime}`, timings };
    },
  };
}

interface PeerOutput {
  readonly version: string;
  readonly results: readonly {
    readonly batch: number;
    readonly strategy: string;
    readonly samplesNs: readonly number[];
  }[];
}

/** A script with a library. Its scalars are verified here. */
function peer(name: string, command: string, script: string, library: string): Program {
  return {
    name,
    run(job) {
      const { status, output, reason } = runProcess(name, command, [script, library, job.file]);
      if (status === EXIT.engine) return { missing: reason };
      const { version, results } = JSON.parse(output) as PeerOutput;
      const timings = results.map(({ batch, strategy, samplesNs }) => {
        const bytes = Uint8Array.from(readFileSync(job.scalarsFile(batch, strategy)));
        const wrong = job.wrong(batch, new Float64Array(bytes.buffer));
        return { batch, strategy, stepNs: median([...samplesNs]), wrong };
      });
      return { version, timings };
    },
  };
}

/** Runs a process to its end. Throws unless it succeeds or says, by its status, that something is not there. */
function runProcess(name: string, command: string, args: readonly string[]) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    ...{ env: ENV, encoding: 'utf8', maxBuffer: 2 ** 28, timeout: MAX_MS },
  });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT')
    return { status: EXIT.engine, output: '', reason: `there is no ${command}` };
  const reason = stderr?.trim().split('\n').at(-1) ?? '';
  if (error !== undefined || (status !== EXIT.ok && status !== EXIT.engine))
    throw new Error(`${name} ended with ${status}: ${error?.message ?? reason}`);
  return { status, output: stdout, reason };
}
