// What first-contact.ts runs in processes of their own and no other program does: long runs and large matrices, verified.
//   node contact.mjs ahead|wide [--small]
// Exit 0 where all is right, 1 where it is not, 4 where there is no CUDA device.
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

/** Every scalar of a million steps of both strategies that copy ahead: a race of copy and graph shows as a wrong sum. */
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

/** Offsets beyond 2³¹ elements and 2³² bytes: what a 32-bit number somewhere would cut. */
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
  // What the device or the driver did is a sentence; anything else is for who mends it.
  console.log(`failed: ${error instanceof PinbenchError ? error.message : (error as Error).stack}`);
  exit(EXIT.regression);
}
