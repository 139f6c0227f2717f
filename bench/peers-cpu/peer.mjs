// `feed` and `pin` as a user of TensorFlow.js writes them, for run.ts to measure beside pinbench.
//
//   node peer.mjs cpu|node JOB       cpu: its backend in JavaScript; node: TensorFlow, from PINBENCH_TENSORFLOW_DIR
//
// Reads and prints what peer.py does. Exits with 4 if the library does not load.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';

const NPY_HEADER_BYTES = 128;

/** TensorFlow.js on its CPU backend. */
async function cpu() {
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-cpu');
  return { tf, version: `TensorFlow.js ${tf.version_core}` };
}

/** TensorFlow.js on TensorFlow. */
async function node() {
  // tfjs-node 4.22 calls it, and Node 23 removed it.
  util.isNullOrUndefined ??= (value) => value === undefined || value === null;
  const folder = process.env.PINBENCH_TENSORFLOW_DIR;
  const tf = createRequire(join(folder, 'package.json'))('@tensorflow/tfjs-node-gpu');
  const { TF_Version } = tf.backend().binding;
  return { tf, version: `TensorFlow ${TF_Version}, tfjs-node-gpu ${tf.version['tfjs-node']}` };
}

/** The two steps on rows `[begin, end)`. `feed` hands over a view of the array; tfjs decides whether it copies. */
function stepsOf(tf, { data, rows, cols }) {
  const values = new Float32Array(readFileSync(data).buffer, NPY_HEADER_BYTES, rows * cols);
  const dataset = tf.tensor2d(values, [rows, cols]);
  const sumOfSquares = (batch) => tf.sum(tf.square(batch)).dataSync()[0];
  return {
    feed: (begin, end) =>
      tf.tidy(() =>
        sumOfSquares(tf.tensor2d(values.subarray(begin * cols, end * cols), [end - begin, cols])),
      ),
    pin: (begin, end) => tf.tidy(() => sumOfSquares(tf.slice(dataset, [begin, 0], [end - begin, cols]))),
  };
}

/** Walks an order of mini-batches over and over, and keeps the last scalar of each step of an epoch. */
class Loop {
  #scalars;
  #step;
  #batch;
  #order;
  #at = 0;
  #block = 1;

  constructor(step, batch, order) {
    this.#step = step;
    this.#batch = batch;
    this.#order = order;
    this.#scalars = new Float64Array(order.length);
  }

  /** The last scalar of each step of an epoch that was run. */
  get scalars() {
    return this.#scalars.subarray(0, this.#at);
  }

  /** Runs one epoch, for at least `least` and at most `most` ns, and finds the number of steps that make a block. */
  warmUp({ least, most }, blockNs) {
    for (let total = 0; total < least || (this.#at < this.#order.length && total < most); ) {
      const ns = this.#run(this.#block);
      total += ns;
      if (ns < blockNs) this.#block *= 2;
    }
  }

  /** Runs a block, again with more steps if it was too short, and returns the mean time of a step. */
  blockStepNs(blockNs) {
    for (;;) {
      const ns = this.#run(this.#block);
      if (ns >= blockNs) return ns / this.#block;
      this.#block = Math.ceil(this.#block * 1.5);
    }
  }

  /** Runs the next steps and returns how many ns they took together. */
  #run(count) {
    const [step, batch, order, scalars] = [this.#step, this.#batch, this.#order, this.#scalars];
    const positions = Int32Array.from({ length: count }, (_, k) => (this.#at + k) % order.length);
    const began = process.hrtime.bigint();
    for (const position of positions) {
      const index = order[position];
      scalars[position] = step(index * batch, (index + 1) * batch);
    }
    const ns = Number(process.hrtime.bigint() - began);
    this.#at += count;
    return ns;
  }
}

const [library, jobFile] = process.argv.slice(2);
const job = JSON.parse(readFileSync(jobFile, 'utf8'));
const { tf, version } = await { cpu, node }[library]().catch((error) => {
  console.error(error.message.split('\n')[0]);
  process.exit(4);
});
tf.enableProdMode();
const steps = stepsOf(tf, job);
const results = [];
for (const { batch, order, scalars } of job.cases) {
  const indexes = new Int32Array(Uint8Array.from(readFileSync(order)).buffer);
  const loops = Object.entries(steps).map(([strategy, step]) => ({
    strategy,
    loop: new Loop(step, batch, indexes),
    samplesNs: [],
  }));
  for (const { loop } of loops) loop.warmUp(job.warmUpNs, job.blockNs);
  for (let round = 0; round < job.blocks; round++) {
    for (const { loop, samplesNs } of round % 2 === 0 ? loops : [...loops].reverse())
      samplesNs.push(loop.blockStepNs(job.blockNs));
  }
  for (const { strategy, loop, samplesNs } of loops) {
    writeFileSync(scalars[strategy], loop.scalars);
    results.push({ batch, strategy, samplesNs });
  }
}
console.log(JSON.stringify({ version, results }));
