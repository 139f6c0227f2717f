// Reads hundreds of thousands of damaged NPY and Arrow files: no file may break the reader, and whatever is read must equal what
// numpy and pyarrow read.
//   npm run fuzz -- [--seconds 60] [--npy N] [--arrow N] [--seed 1] [--workers 2] [--out .cache/fuzz]
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { arrowSeeds } from '../src/data/testing/arrow-cases.js';
import { Cases, type Kind } from '../src/data/testing/cases.js';
import type { Finding, Missed, Result, Run, Task } from './fuzz/messages.js';
import type { Versions } from './fuzz/oracle.js';
import { Worker } from './fuzz/worker.js';

const BATCH = 256;
/** A worker that is silent for this long hangs: a batch takes a second or less. */
const SILENCE_MS = 90_000;
/** How many files are written for findings with the same reason. */
const SHOWN = 5;
const PROGRESS_MS = 30_000;

const RUN: Run = {
  seed: 1,
  fixtures: resolve('fixtures'),
  oracle: resolve('bench/fuzz/oracle.py'),
  python: process.env.PYTHON ?? 'python3',
  scratch: '',
};

type Started = { readonly versions?: Versions; readonly wrong: readonly string[] };

/** Runs in a worker's process: does what the parent sends, and replies. */
function work(run: Run): void {
  // Most cases end in an error whose stack nobody reads.
  Error.stackTraceLimit = 0;
  const worker = new Worker(run);
  process.on('message', async (task: Task | 'stop') => {
    if (task !== 'stop') {
      process.send!(await worker.run(task));
      return;
    }
    worker.stop();
    process.disconnect();
  });
  // The parent receives Ctrl-C too, and tells the workers when to stop.
  process.on('SIGINT', () => {});
  worker.start(run.fixtures).then((started) => process.send!(started));
}

/** The counts for one kind of file, and the number of cases wanted. */
class Tally {
  readonly kind: Kind;
  readonly wanted: number;
  next = 0;
  readonly sums = { cases: 0, accepted: 0, refused: 0, unjudged: 0, invalidUnread: 0, findings: 0 };
  readonly missed = new Map<string, Missed>();

  constructor(kind: Kind, wanted: number) {
    this.kind = kind;
    this.wanted = wanted;
  }

  /** The next cases; `undefined` once there are enough. */
  task(): Task | undefined {
    const count = Math.min(BATCH, this.wanted - this.next);
    if (count <= 0) return undefined;
    const task = { kind: this.kind, first: this.next, count };
    this.next += count;
    return task;
  }

  add({ task, accepted, refused, unjudged, invalidUnread, findings, missed }: Result): void {
    const { sums } = this;
    sums.cases += task.count;
    sums.accepted += accepted;
    sums.refused += refused;
    sums.unjudged += unjudged;
    sums.invalidUnread += invalidUnread;
    sums.findings += findings.length;
    for (const each of missed) {
      const { times, example } = this.missed.get(each.message) ?? { times: 0, example: each.example };
      this.missed.set(each.message, { ...each, times: times + each.times, example });
    }
  }

  line(): string {
    const { cases, accepted, refused, unjudged, invalidUnread, findings } = this.sums;
    return `${this.kind}: ${cases} cases, ${accepted} accepted, ${refused} refused, ${findings} findings (of the accepted, ${unjudged} not judged, ${invalidUnread} invalid in a column that is not read)`;
  }
}

/** Writes the files of findings, the first few for each reason. */
class Folder {
  readonly #path: string;
  readonly #cases: Cases;
  readonly #times = new Map<string, number>();

  constructor(path: string, cases: Cases) {
    this.#path = path;
    this.#cases = cases;
  }

  keep({ kind, number, reason, how }: Finding): void {
    const like = kind + reason.replace(/'[^']*'|"[^"]*"|-?\d+/g, '');
    const times = (this.#times.get(like) ?? 0) + 1;
    this.#times.set(like, times);
    if (times > SHOWN) return;
    mkdirSync(this.#path, { recursive: true });
    const path = join(this.#path, `${kind}-${number}`);
    writeFileSync(`${path}.${kind}`, this.#cases.at(kind, number).content);
    writeFileSync(`${path}.txt`, `${reason} (${how})\n`);
    console.log(`finding ${path}.${kind}: ${reason} (${how})`);
  }
}

/**
 * A worker's process, which is replaced if it crashes or hangs. The case that caused it is found by trying one case at a time.
 */
class WorkerProcess {
  readonly #run: Run;
  readonly #index: number;
  #child!: ChildProcess;

  constructor(run: Run, index: number) {
    this.#run = run;
    this.#index = index;
  }

  async start(): Promise<Started> {
    const scratch = join(
      existsSync('/dev/shm') ? '/dev/shm' : tmpdir(),
      `pinbench-fuzz-${process.pid}-${this.#index}`,
    );
    this.#child = fork(process.argv[1]!, [JSON.stringify({ ...this.#run, scratch })], { execArgv: [] });
    const started = await this.#said<Started>();
    if (typeof started === 'string') throw new Error(`a worker ${started} before its first case`);
    return started;
  }

  async do(task: Task): Promise<Result> {
    this.#child.send(task);
    const result = await this.#said<Result>();
    if (typeof result !== 'string') return result;
    await this.start();
    if (task.count === 1) {
      const finding = { ...task, number: task.first, reason: `the process ${result}`, how: 'alone' };
      return {
        task,
        accepted: 0,
        refused: 0,
        unjudged: 0,
        invalidUnread: 0,
        findings: [finding],
        missed: [],
      };
    }
    const results: Result[] = [];
    for (let i = 0; i < task.count; i++)
      results.push(await this.do({ ...task, first: task.first + i, count: 1 }));
    const sum = (of: (result: Result) => number) => results.reduce((total, each) => total + of(each), 0);
    return {
      task,
      accepted: sum(({ accepted }) => accepted),
      refused: sum(({ refused }) => refused),
      unjudged: sum(({ unjudged }) => unjudged),
      invalidUnread: sum(({ invalidUnread }) => invalidUnread),
      findings: results.flatMap(({ findings }) => findings),
      missed: results.flatMap(({ missed }) => missed),
    };
  }

  stop(): void {
    this.#child.send('stop');
  }

  /** The process's next message, or a description of how it ended. */
  #said<T>(): Promise<T | string> {
    const child = this.#child;
    return new Promise((done) => {
      const end = (said: T | string) => {
        clearTimeout(timer);
        child.removeAllListeners();
        done(said);
      };
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        end(`was silent for ${SILENCE_MS / 1000} s`);
      }, SILENCE_MS);
      child.once('message', (message) => end(message as T));
      child.once('exit', (code, signal) => end(`ended (${signal ?? code})`));
    });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string' },
      npy: { type: 'string' },
      arrow: { type: 'string' },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      out: { type: 'string', default: '.cache/fuzz' },
    },
  });
  const counted = values.npy !== undefined || values.arrow !== undefined;
  const seconds = Number(values.seconds ?? (counted ? Number.POSITIVE_INFINITY : 60));
  const wanted = (count: string | undefined) => Number(count ?? (counted ? 0 : Number.MAX_SAFE_INTEGER));
  const run = { ...RUN, seed: Number(values.seed) };
  const cases = new Cases(run.seed, arrowSeeds(run.fixtures));
  rmSync(values.out, { recursive: true, force: true });
  const folder = new Folder(resolve(values.out), cases);
  const tallies = [new Tally('npy', wanted(values.npy)), new Tally('arrow', wanted(values.arrow))] as const;
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  let said = began;

  const workers = Array.from({ length: Number(values.workers) }, (_, i) => new WorkerProcess(run, i));
  const [{ versions, wrong }] = (await Promise.all(workers.map((each) => each.start()))) as [Started];
  console.log(
    versions === undefined ? 'skipped: numpy or pyarrow is missing, so nothing is compared' : versions,
  );
  for (const sentence of wrong) console.log(`a valid file is read wrongly: ${sentence}`);

  let isStopped = false;
  process.once('SIGINT', () => {
    isStopped = true;
  });

  /** With a time limit, each kind gets half of the time. Ctrl-C ends the run and keeps what it has found so far. */
  const nextTask = (): Task | undefined => {
    if (elapsed() >= seconds || isStopped) return undefined;
    const [npy, arrow] = tallies;
    return elapsed() < seconds / 2 || !Number.isFinite(seconds)
      ? (npy.task() ?? arrow.task())
      : (arrow.task() ?? npy.task());
  };
  await Promise.all(
    workers.map(async (each) => {
      for (let task = nextTask(); task !== undefined; task = nextTask()) {
        const result = await each.do(task);
        tallies.find(({ kind }) => kind === task!.kind)!.add(result);
        for (const finding of result.findings) folder.keep(finding);
        if (performance.now() - said > PROGRESS_MS) {
          said = performance.now();
          console.log(`${elapsed().toFixed(0)} s: ${tallies.map((tally) => tally.line()).join('; ')}`);
        }
      }
      each.stop();
    }),
  );

  for (const { message, times, example } of [...tallies[0].missed.values()].sort((a, b) => b.times - a.times))
    console.log(`numpy reads what pinbench refuses, ${times} times: ${message}\n  such as ${example}`);
  for (const tally of tallies) console.log(tally.line());
  const changes = Math.min(Math.floor((tallies[1].sums.cases * 2) / 3), cases.everyByte.count);
  console.log(
    `seed ${run.seed}, ${elapsed().toFixed(0)} s; ${changes} of ${cases.everyByte.count} changes of one byte of Arrow metadata`,
  );
  if (wrong.length > 0 || tallies.some(({ sums }) => sums.findings > 0)) process.exitCode = 1;
}

const [, , given] = process.argv;
if (given?.startsWith('{') === true) work(JSON.parse(given));
else await main();
