import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import { median } from 'simple-statistics';
import type { Dataset } from '../../src/data/dataset.js';
import { planOf } from '../../src/engine/cuda/testing/verify.js';
import type { Engine, Session } from '../../src/engine/engine.js';
import { indexesOf, Orders, sliceOrder } from '../../src/plan/order.js';
import type { Plan } from '../../src/plan/plan.js';
import { strategiesNamed } from '../../src/plan/strategy.js';
import { formatDuration, formatRatio } from '../../src/units.js';
import { endPeers, Peer } from './peers.js';
import { BATCHES, COLS, ROUNDS, ROWS, SMALL } from './sizes.js';
import type { Show } from './summary.js';
import { turn } from './turn.js';

/** The approximate number of steps in a timed epoch. */
const BLOCK_STEPS = SMALL ? 4 : 2000;

/**
 * Times pinbench's loop and those of its peers in interleaved epochs, with the same order and the scalar fetched at every step.
 */
export async function besidePeers(
  show: Show,
  engine: Engine,
  library: string,
  dataset: Dataset,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const data = join(folder, 'data.f32');
  writeFileSync(data, dataset.values);
  const shape = [data, String(ROWS), String(COLS)];
  const ptx = fileURLToPath(new URL('./kernels/sum_of_squares_float32.ptx', import.meta.url));
  const script = fileURLToPath(new URL('./peers/peer.py', import.meta.url));
  // The peers start concurrently, because some are slow to start.
  const started = await Promise.all([
    Peer.start('C++', fileURLToPath(new URL('./peers/driver', import.meta.url)), [library, ptx, ...shape]),
    Peer.start('PyTorch', 'python3', [script, 'torch', ...shape]),
    Peer.start('CuPy', 'python3', [script, 'cupy', ...shape]),
    Peer.start('JAX', 'python3', [script, 'jax', ...shape]),
  ]);
  const peers = started.filter((peer) => peer instanceof Peer);
  const missing = started.filter((peer) => typeof peer === 'string');
  const rows = [['batch', 'strategy', 'pinbench, per step', ...peers.map(({ name }) => `${name}, relative`)]];
  const shown = () => {
    const note = `Medians of ${ROUNDS} rounds. A peer's figure is its time divided by pinbench's in the same round.`;
    const ended = peers.flatMap(({ name, reason }) => (reason === undefined ? [] : [`${name}: ${reason}`]));
    const absent = [...missing, ...ended].map((reason) => `Skipped: ${reason}.`);
    show([markdownTable(rows), '', note, ...absent].join('\n'));
  };
  try {
    await using device = await engine.open(0);
    for (const batch of BATCHES) {
      // Whole epochs of small mini-batches would take the slowest peer minutes: a part of the rows has enough steps.
      const part = { ...dataset, rows: Math.min(ROWS, Math.max(batch, BLOCK_STEPS * batch)) };
      const plan = planOf(part, { batch: [batch], remainder: 'drop', shuffle: 'once' });
      const order = indexesOf(new Orders(plan).stretch(0, 1).order).slice(0, plan.stepsPerEpoch);
      const file = join(folder, `order-${batch}.i32`);
      writeFileSync(file, order);
      for (const peer of peers) await peer.order(batch, file);
      for (const strategy of ['feed', 'pin'] as const) {
        await using session = await device.prepare(dataset, plan, strategiesNamed([strategy])[0]!);
        await session.setup();
        rows.push([String(batch), strategy, ...(await race(session, plan, order, strategy, peers, signal))]);
        shown();
      }
    }
    await Promise.all(peers.map((peer) => peer.stop()));
    shown();
  } finally {
    endPeers('stopped with the benchmark');
  }
}

async function race(
  session: Session,
  { batch }: Plan,
  order: Int32Array,
  strategy: 'feed' | 'pin',
  peers: readonly Peer[],
  signal: AbortSignal,
): Promise<string[]> {
  const [epoch, steps] = [sliceOrder(order), order.length];
  const out = new Float64Array(steps);
  const ours: number[] = [];
  const theirs = peers.map((): number[] => []);
  for (let round = -2; round < ROUNDS; round++) {
    await turn(signal);
    const begin = process.hrtime.bigint();
    await session.steps(epoch, 0, steps, out);
    const ns = Number(process.hrtime.bigint() - begin);
    const sum = out.reduce((total, scalar) => total + scalar, 0);
    for (const [i, peer] of peers.entries()) {
      const theirEpoch = await peer.epoch(strategy, batch);
      // A peer that has died is left out from here on.
      if (theirEpoch === undefined) continue;
      if (!(Math.abs(theirEpoch.sum - sum) <= 1e-4 * sum)) {
        throw new Error(`${peer.name}, ${strategy}: sums to ${theirEpoch.sum}, pinbench to ${sum}`);
      }
      // The first rounds are warm-up.
      if (round >= 0) theirs[i]!.push(theirEpoch.ns / ns);
    }
    if (round >= 0) ours.push(ns / steps);
  }
  return [
    formatDuration(median(ours)),
    ...theirs.map((ratios) => (ratios.length === 0 ? 'ended' : `${formatRatio(median(ratios))}×`)),
  ];
}
