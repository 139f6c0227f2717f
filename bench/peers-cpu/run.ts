// What a step of pinbench's CPU engines takes, side by side with NumPy, PyTorch and TensorFlow.js as a user writes them.
//
//   npm run bench:peers     (ROUNDS=11, ROWS=100000; about six minutes)
//
// Prints two Markdown tables: the median µs of a step, and the ratios of pinbench to the others, each the median over rounds.
// In a round each program runs once, in a process of its own: A B C …, and in the next round … C B A. All of them read the same
// file and visit its mini-batches in the order that pinbench draws. A process warms up, then takes the median of 5 blocks of at
// least 10 ms for each batch size and strategy. The sums of every process are compared with a float64 reference; timings beside a
// wrong one are withheld, and the exit code is 1. `feed` copies the mini-batch in NumPy and PyTorch; `pin` takes a slice.
//
// Each library runs with its default number of threads and without a GPU. A program whose library is not there is left out.
//
//   python3 -m venv .cache/peers                              PYTHON names another Python
//   .cache/peers/bin/pip install numpy==2.4.6 torch==2.15.0   PyTorch brings CUDA's libraries on Linux and takes 5 GB; it may be omitted
//   npm run test:tensorflow                                   TensorFlow in .cache/tensorflow; PINBENCH_TENSORFLOW_DIR names another folder
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { formatInteger } from '../../src/units.js';
import { BATCHES, Job, STRATEGIES } from './job.js';
import {
  CPU_ENGINE,
  NUMPY,
  type Outcome,
  PROGRAMS,
  type Program,
  PYTORCH,
  TENSORFLOW_ENGINE,
  TFJS,
  TFJS_NODE,
} from './programs.js';
import { type Row, ratiosTable, timesTable } from './tables.js';

const ROUNDS = Number(process.env.ROUNDS ?? 11);
const ROWS = Number(process.env.ROWS ?? 100_000);
const COLS = 100;
/** The programs whose times are divided, and those by whose times: by the same code without pinbench, and by other libraries. */
const PAIRS = [
  [CPU_ENGINE, TFJS],
  [CPU_ENGINE, NUMPY],
  [CPU_ENGINE, PYTORCH],
  [TENSORFLOW_ENGINE, TFJS_NODE],
] as const;

const folder = mkdtempSync(join(tmpdir(), 'pinbench-peers-'));
try {
  console.log(
    `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}, load ${loadavg()[0]?.toFixed(2)} at the start`,
  );
  console.log(
    `${formatInteger(ROWS)} × ${COLS} float32; µs per step, the median of ${ROUNDS} rounds; ratios with 95 % intervals\n`,
  );
  report(measure(await Job.write(folder, ROWS, COLS)));
} finally {
  rmSync(folder, { recursive: true });
}

type Measured = Exclude<Outcome, { missing: string }>;

/** The processes of every program that is there, one per round. */
function measure(job: Job): Map<Program, Measured[]> {
  const measured = new Map<Program, Measured[]>(PROGRAMS.map((program) => [program, []]));
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    const there = [...measured.keys()];
    for (const program of round % 2 === 0 ? there : there.reverse()) {
      const outcome = program.run(job);
      if ('missing' in outcome) {
        console.log(`missing: ${program.name}: ${outcome.missing}`);
        measured.delete(program);
      } else measured.get(program)!.push(outcome);
    }
    console.error(`round ${round + 1} of ${ROUNDS}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  return measured;
}

function report(measured: ReadonlyMap<Program, readonly Measured[]>): void {
  for (const [{ name }, processes] of measured) console.log(`${name}: ${processes[0]!.version}`);
  for (const line of wrongSums(measured)) {
    console.log(`wrong sum: ${line}`);
    process.exitCode = 1;
  }
  const rows = BATCHES.flatMap((batch) => STRATEGIES.map((strategy) => rowOf(measured, batch, strategy)));
  const pairs = PAIRS.filter((pair) => pair.every((program) => measured.has(program)));
  console.log(
    `\n${timesTable(
      rows,
      [...measured.keys()].map(({ name }) => name),
    )}`,
  );
  console.log(
    `\n${ratiosTable(
      rows,
      pairs.map(([program, by]) => [program.name, by.name]),
    )}`,
  );
}

function wrongSums(measured: ReadonlyMap<Program, readonly Measured[]>): string[] {
  return [...measured].flatMap(([{ name }, processes]) =>
    processes.flatMap(({ timings }, round) =>
      timings.flatMap(({ batch, strategy, wrong }) =>
        wrong === 0
          ? []
          : `${name}, ${strategy}, batch ${batch}, round ${round + 1}: ${wrong} steps of an epoch`,
      ),
    ),
  );
}

function rowOf(measured: ReadonlyMap<Program, readonly Measured[]>, batch: number, strategy: string): Row {
  const stepNs = [...measured].map(([{ name }, processes]) => {
    const timings = processes.map(
      (one) => one.timings.find((timing) => timing.batch === batch && timing.strategy === strategy)!,
    );
    const isWrong = timings.some(({ wrong }) => wrong > 0);
    return [name, isWrong ? 'wrong' : timings.map((timing) => timing.stepNs)] as const;
  });
  return { batch, strategy, stepNs: new Map(stepNs) };
}
