// Verified long runs and large matrices, which first-contact.ts runs in separate processes.
//   node contact.mjs ahead|wide [--small]
// Exits 0 if everything is right, 1 if it is not, 4 if there is no CUDA device.
import { argv, exit } from 'node:process';
import type { Dataset } from '../../src/data/dataset.js';
import { cudaEngineIn } from '../../src/engine/cuda/engine.js';
import { datasetOf, VerifiedSession } from '../../src/engine/cuda/testing/verify.js';
import type { Device } from '../../src/engine/engine.js';
import { EXIT, PinbenchError } from '../../src/errors.js';
import { Orders } from '../../src/plan/order.js';
import { surroundingsOfProcess } from '../../src/terminal.js';
import { openFirst } from './device.js';

const SMALL = argv.includes('--small');

/**
 * Verifies every scalar of a million steps of both strategies that copy ahead: a race between copy and graph causes a wrong sum.
 */
async function ahead(device: Device): Promise<void> {
  const wanted = SMALL ? 200 : 1e6;
  const dataset = datasetOf('float32', 50_000, 8);
  for (const strategy of ['feed-ahead', 'feed-chunk'] as const) {
    await using verified = await VerifiedSession.prepare(device, dataset, strategy, { batch: [2] });
    await verified.setup();
    const orders = new Orders(verified.plan);
    let steps = 0;
    while (steps < wanted) {
      const { order, from, to } = orders.stretch(steps, Math.min(wanted - steps, 100_000));
      await verified.steps(order, from, to);
      steps += to - from;
    }
    console.log(`${strategy}: ${steps} steps, every scalar verified`);
  }
}

/** Verifies matrices with offsets beyond 2³¹ elements and 2³² bytes, which a 32-bit integer would truncate. */
async function wide(device: Device): Promise<void> {
  const shapes: readonly (readonly ['uint8' | 'float32', number, number])[] = SMALL
    ? [
        ['uint8', 64, 17],
        ['float32', 64, 17],
      ]
    : [
        ['uint8', 2 ** 20, 4095],
        ['float32', 2 ** 20, 1200],
      ];
  for (const [dtype, rows, cols] of shapes) {
    const dataset: Dataset = datasetOf(dtype, rows, cols);
    for (const strategy of ['pin', 'feed'] as const) {
      const request = { batch: [SMALL ? 8 : 2 ** 14], shuffle: 'none' } as const;
      await using verified = await VerifiedSession.prepare(device, dataset, strategy, request);
      await verified.setup();
      await verified.epoch(new Orders(verified.plan), 0);
      console.log(
        `${strategy}: ${dtype}, ${rows} × ${cols}, ${dataset.values.byteLength} bytes, every scalar verified`,
      );
    }
  }
}

const parts: Readonly<Record<string, (device: Device) => Promise<void>>> = { ahead, wide };
const part = parts[argv[2] ?? ''];
if (part === undefined) {
  console.log(`contact.mjs ${Object.keys(parts).join('|')} [--small]`);
  exit(2);
}
const device = await openFirst(cudaEngineIn(surroundingsOfProcess()));
try {
  await part(device);
  await device[Symbol.asyncDispose]();
} catch (error) {
  // A device or driver error is reported as a sentence; any other error is a bug, reported with its stack.
  console.log(`failed: ${error instanceof PinbenchError ? error.message : (error as Error).stack}`);
  exit(EXIT.regression);
}
