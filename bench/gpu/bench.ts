// What pinbench measures on the CUDA device of this machine, beside the same loops in C++, PyTorch, CuPy and JAX, and beside
// plain copies. Run as a bundle: see bundle.mjs.
//   node bench.mjs [--small] [--out FOLDER]    --small: to try it on the software driver
// Writes record.json (a pinbench record) and summary.md into FOLDER, and prints the summary.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import koffi from 'koffi';
import { markdownTable } from 'markdown-table';
import { median } from 'simple-statistics';
import type { Dataset } from '../../src/data/dataset.js';
import { Context } from '../../src/engine/cuda/context.js';
import { Driver } from '../../src/engine/cuda/driver.js';
import { cudaEngineIn } from '../../src/engine/cuda/engine.js';
import { type Library, libraryPaths, loadLibrary } from '../../src/engine/cuda/library.js';
import { allocateOnDevice, allocatePageLocked } from '../../src/engine/cuda/memory.js';
import { Resources } from '../../src/engine/cuda/resources.js';
import { CudaSession } from '../../src/engine/cuda/session.js';
import { datasetOf, planOf } from '../../src/engine/cuda/testing/verify.js';
import type { Session } from '../../src/engine/engine.js';
import { indexesOf, type Order, Orders, sliceOrder } from '../../src/plan/order.js';
import type { Plan } from '../../src/plan/plan.js';
import { strategiesNamed } from '../../src/plan/strategy.js';
import { render } from '../../src/report/render.js';
import { run } from '../../src/run.js';
import { surroundingsOfProcess } from '../../src/terminal.js';
import { formatBytes, formatDuration, formatRatio } from '../../src/units.js';
import { Peer } from './peers.js';

const { values: options } = parseArgs({
  options: { small: { type: 'boolean', default: false }, out: { type: 'string', default: 'results' } },
});
const SMALL = options.small;

/** A matrix of 512 MiB, four times the largest L2 cache there is; its mini-batches are from 2 KiB to 64 MiB, eight an epoch. */
const [ROWS, COLS, BATCHES] = SMALL ? [64, 3, [2, 8, 32]] : [524_288, 256, [2, 1024, 65_536]];
const ROUNDS = SMALL ? 2 : 15;
/** Time of a peer's block, about. */
const BLOCK_STEPS = SMALL ? 4 : 2000;
const LINK_BATCH_BYTES = SMALL ? 4096 : 64 * 2 ** 20;
const DEVICE_BATCH_BYTES = SMALL ? 8192 : 256 * 2 ** 20;
/** Blocks that a multiprocessor has at most, to be tried beside as many as it holds. */
const BLOCKS_PER_MULTIPROCESSOR = [1, 2, 4, 8];
/** Mini-batches by which grids are compared: a launch's fixed end shows at the first, its rate at the last. */
const GRID_BATCH_BYTES = SMALL ? [4096, 65_536] : [2 ** 20, 16 * 2 ** 20, DEVICE_BATCH_BYTES];
/** Bytes that a block of steps reads for them, about. */
const GRID_BLOCK_BYTES = SMALL ? 65_536 : 2 ** 30;

const surroundings = surroundingsOfProcess();
const cudaEngine = cudaEngineIn(surroundings);
const library = await loadLibrary(
  libraryPaths(process.platform, process.env.PINBENCH_CUDA_LIBRARY),
  process.env.LD_LIBRARY_PATH,
);
const folder = mkdtempSync(join(tmpdir(), 'pinbench-gpu-'));
mkdirSync(options.out, { recursive: true });
try {
  const dataset = datasetOf('float32', ROWS, COLS);
  const record = await run(dataset, {
    ...{ engine: ['cuda'], strategy: 'all', batch: BATCHES, epochs: SMALL ? 6 : 20 },
    budgetNs: SMALL ? undefined : 120e9,
    argv: process.argv.slice(2),
  });
  const rendered = [{ name: 'record', record }];
  writeFileSync(join(options.out, 'record.json'), await render('json', rendered));
  const parts = [
    `# ${record.environment.devices[0]!.name}\n`,
    await render('markdown', rendered),
    '## Beside the same loops by others\n',
    await besidePeers(dataset, library),
    '## Beside plain copies\n',
    await besideCopies(library),
    '## Blocks on a multiprocessor\n',
    await gridShapes(library),
  ];
  const summary = `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`;
  writeFileSync(join(options.out, 'summary.md'), summary);
  console.log(summary);
} finally {
  rmSync(folder, { recursive: true });
}

/** An epoch at a time of each, side by side: pinbench's loop and its peers', by the same order, fetched every step. */
async function besidePeers(dataset: Dataset, { path }: Library): Promise<string> {
  const data = join(folder, 'data.f32');
  writeFileSync(data, dataset.values);
  const shape = [data, String(ROWS), String(COLS)];
  const script = fileURLToPath(new URL('./peers/peer.py', import.meta.url));
  const ptx = fileURLToPath(new URL('./kernels/sum_of_squares_float32.ptx', import.meta.url));
  const started = [
    await Peer.start('C++', fileURLToPath(new URL('./peers/driver', import.meta.url)), [path, ptx, ...shape]),
    await Peer.start('PyTorch', 'python3', [script, 'torch', ...shape]),
    await Peer.start('CuPy', 'python3', [script, 'cupy', ...shape]),
    await Peer.start('JAX', 'python3', [script, 'jax', ...shape]),
  ];
  const peers = started.filter((peer) => peer instanceof Peer);
  const missing = started.filter((peer) => typeof peer === 'string');
  const device = await cudaEngine.open(0);
  const rows = [['batch', 'strategy', 'pinbench, a step', ...peers.map(({ name }) => `${name} takes`)]];
  for (const batch of BATCHES) {
    // Whole epochs of small mini-batches would take minutes in the slowest: a part of the rows has steps enough.
    const part = { ...dataset, rows: Math.min(ROWS, Math.max(batch, BLOCK_STEPS * batch)) };
    const plan = planOf(part, { batch: [batch], remainder: 'drop', shuffle: 'once' });
    const order = indexesOf(new Orders(plan).stretch(0, 1).order).slice(0, plan.stepsPerEpoch);
    const file = join(folder, `order-${batch}.i32`);
    writeFileSync(file, order);
    for (const peer of peers) await peer.order(batch, file);
    for (const strategy of ['feed', 'pin'] as const) {
      const session = await device.prepare(dataset, plan, strategiesNamed([strategy])[0]!);
      await session.setup();
      rows.push([String(batch), strategy, ...(await race(session, plan, order, strategy, peers))]);
      await session[Symbol.asyncDispose]();
    }
  }
  await Promise.all(peers.map((peer) => peer.stop()));
  await device[Symbol.asyncDispose]();
  const note = `Medians of ${ROUNDS} rounds; a peer's figure is its time over pinbench's in the same round.`;
  const ended = peers.flatMap(({ name, reason }) => (reason === undefined ? [] : [`${name}: ${reason}`]));
  const absent = [...missing, ...ended].map((reason) => `Skipped: ${reason}.`);
  return [markdownTable(rows), '', note, ...absent].join('\n');
}

async function race(
  session: Session,
  { batch }: Plan,
  order: Int32Array,
  strategy: 'feed' | 'pin',
  peers: readonly Peer[],
): Promise<string[]> {
  const [epoch, steps] = [sliceOrder(order), order.length];
  const out = new Float64Array(steps);
  const ours: number[] = [];
  const theirs = peers.map((): number[] => []);
  for (let round = -2; round < ROUNDS; round++) {
    const begin = process.hrtime.bigint();
    await session.steps(epoch, 0, steps, out);
    const ns = Number(process.hrtime.bigint() - begin);
    const sum = out.reduce((total, scalar) => total + scalar, 0);
    for (const [i, peer] of peers.entries()) {
      const theirEpoch = await peer.epoch(strategy, batch);
      // Who has died is missing from here on; the others go on.
      if (theirEpoch === undefined) continue;
      if (!(Math.abs(theirEpoch.sum - sum) <= 1e-4 * sum)) {
        throw new Error(`${peer.name}, ${strategy}: sums to ${theirEpoch.sum}, pinbench to ${sum}`);
      }
      // The first rounds warm all of them up.
      if (round >= 0) theirs[i]!.push(theirEpoch.ns / ns);
    }
    if (round >= 0) ours.push(ns / steps);
  }
  return [
    formatDuration(median(ours)),
    ...theirs.map((ratios) => (ratios.length === 0 ? 'ended' : `${formatRatio(median(ratios))}×`)),
  ];
}

/**
 * How near feed-locked comes to the link's own rate, and pin to the device's. Both sides have a fixed cost, of a launch or of a
 * copy, that is no part of a rate: rates are those of the difference between a mini-batch and one of half its size.
 */
async function besideCopies(library: Library): Promise<string> {
  const driver = new Driver(library, surroundings.availableMemoryBytes);
  driver.do('cuInit', 0);
  const context = new Context(driver, driver.ask('cuDeviceGet', 0));
  const copyOnDevice = koffi
    .load(library.path)
    .func('int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, uintptr_t stream)');
  const host = allocatePageLocked(driver, LINK_BATCH_BYTES, 'a copy');
  const from = allocateOnDevice(driver, DEVICE_BATCH_BYTES, 'a copy');
  const to = allocateOnDevice(driver, DEVICE_BATCH_BYTES, 'its place');
  const { stream } = context;
  const link = (bytes: number) => driver.do('cuMemcpyHtoDAsync_v2', to.address, host.address, bytes, stream);
  const onDevice = (bytes: number) => {
    if (copyOnDevice(to.address, from.address, bytes, stream) !== 0) throw new Error('no copy');
  };
  const copyNs = (copy: (bytes: number) => void, bytes: number) => {
    context.enter();
    const begin = process.hrtime.bigint();
    copy(bytes);
    driver.do('cuStreamSynchronize', stream);
    return Number(process.hrtime.bigint() - begin);
  };

  const device = await cudaEngine.open(0);
  const rows = [['strategy', 'mini-batch', 'a step', 'its rate', "a plain copy's rate", 'of it']];
  for (const [strategy, bytes, copy, touched] of [
    ['feed-locked', LINK_BATCH_BYTES, link, 1],
    // A copy on the device reads and writes each byte; the graph only reads.
    ['pin', DEVICE_BATCH_BYTES, onDevice, 2],
  ] as const) {
    const sizes = [bytes / 2, bytes] as const;
    const sessions: { session: Session; order: Order }[] = [];
    for (const size of sizes) {
      const dataset = datasetOf('float32', 8, size / 4);
      const plan = planOf(dataset, { batch: [1] });
      const session = await device.prepare(dataset, plan, strategiesNamed([strategy])[0]!);
      await session.setup();
      sessions.push({
        session,
        order: sliceOrder(Int32Array.from({ length: plan.stepsPerEpoch }, (_, i) => i)),
      });
    }
    const steps: number[] = [];
    const [rates, plainRates, shares]: [number[], number[], number[]] = [[], [], []];
    for (let round = -2; round < ROUNDS; round++) {
      const stepNs: number[] = [];
      const plainNs: number[] = [];
      for (const [i, { session, order }] of sessions.entries()) {
        const out = new Float64Array(order.steps);
        const begin = process.hrtime.bigint();
        await session.steps(order, 0, order.steps, out);
        stepNs.push(Number(process.hrtime.bigint() - begin) / order.steps);
        plainNs.push(median(Array.from({ length: order.steps }, () => copyNs(copy, sizes[i]!))));
      }
      if (round < 0) continue;
      const rate = sizes[0] / (stepNs[1]! - stepNs[0]!);
      const plainRate = (sizes[0] * touched) / (plainNs[1]! - plainNs[0]!);
      steps.push(stepNs[1]!);
      rates.push(rate);
      plainRates.push(plainRate);
      shares.push((rate / plainRate) * 100);
    }
    const shown = (bytesPerNs: readonly number[]) => `${formatBytes(median([...bytesPerNs]) * 1e9)}/s`;
    const share = `${median(shares).toFixed(1)} %`;
    rows.push([
      strategy,
      formatBytes(bytes),
      formatDuration(median(steps)),
      shown(rates),
      shown(plainRates),
      share,
    ]);
    for (const { session } of sessions.reverse()) await session[Symbol.asyncDispose]();
  }
  await device[Symbol.asyncDispose]();
  for (const memory of [to, from, host]) memory.free();
  context.close();
  return markdownTable(rows);
}

/** `pin` by grids of few blocks that each do much to many that do little, side by side: which is the fastest for which bytes. */
async function gridShapes(library: Library): Promise<string> {
  const driver = new Driver(library, surroundings.availableMemoryBytes);
  driver.do('cuInit', 0);
  const context = new Context(driver, driver.ask('cuDeviceGet', 0));
  const resources = new Resources(context);
  const shapes = [...BLOCKS_PER_MULTIPROCESSOR, undefined];
  const nameOf = (shape: number | undefined) => (shape === undefined ? 'all that fit' : String(shape));
  const rows = [['mini-batch', ...shapes.map(nameOf), 'fastest', 'its rate', 'over all that fit']];
  for (const bytes of GRID_BATCH_BYTES) {
    // The dataset is larger than an L2 cache whatever its mini-batches are.
    const dataset = datasetOf('float32', Math.max(2, (2 * DEVICE_BATCH_BYTES) / bytes), bytes / 4);
    const plan = planOf(dataset, { batch: [1] });
    const sessions = shapes.map(
      (shape) => new CudaSession(context, resources, dataset, plan, strategiesNamed(['pin'])[0]!, shape),
    );
    // They share the resident dataset: it is uploaded once.
    await sessions[0]!.setup();
    const steps = Math.min(2000, Math.max(plan.stepsPerEpoch, Math.round(GRID_BLOCK_BYTES / bytes)));
    const order = sliceOrder(Int32Array.from({ length: steps }, (_, i) => i % plan.stepsPerEpoch));
    const out = new Float64Array(steps);
    const stepNs = shapes.map((): number[] => []);
    for (let round = -2; round < ROUNDS; round++) {
      for (const at of sessions.keys()) {
        // Another begins each round: what is warm is so for all in turn.
        const shape = (at + Math.max(0, round)) % shapes.length;
        const begin = process.hrtime.bigint();
        sessions[shape]!.steps(order, 0, steps, out);
        if (round >= 0) stepNs[shape]!.push(Number(process.hrtime.bigint() - begin) / steps);
      }
    }
    const medians = stepNs.map((samples) => median(samples));
    const fastest = medians.indexOf(Math.min(...medians));
    const over = median(stepNs.at(-1)!.map((ns, round) => ns / stepNs[fastest]![round]!));
    rows.push([
      formatBytes(bytes),
      ...medians.map(formatDuration),
      nameOf(shapes[fastest]),
      `${formatBytes((bytes * 1e9) / medians[fastest]!)}/s`,
      `${formatRatio(over)}×`,
    ]);
    for (const session of sessions.reverse()) await session[Symbol.asyncDispose]();
  }
  resources.free();
  context.close();
  const note = `Medians of ${ROUNDS} rounds, a step of \`pin\`; a multiprocessor has at most so many blocks of the graph.`;
  return [markdownTable(rows), '', note].join('\n');
}
