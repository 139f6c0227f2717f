import type { Dataset } from '../../../data/dataset.js';
import type { PlanRequest } from '../../../plan/plan.js';
import { DTYPES, STRATEGIES, type StrategyName } from '../../../words.js';
import type { Device } from '../../engine.js';
import { datasetOf, verifyOn, verifySetupTwiceOn, verifyStretchesOn } from './verify.js';

/** A requirement that every device must meet, in hardware or in software. `run` throws if the device does not. */
export interface Case {
  readonly name: string;
  run(device: Device): Promise<void>;
}

type Shape = readonly [rows: number, cols: number, batch: number];

/** Mini-batches with every alignment within a 16-byte load, from one element to several blocks, whole and short. */
const SHAPES: readonly Shape[] = [
  [1, 1, 1],
  [10, 3, 2],
  [11, 5, 3],
  [7, 13, 4],
  [5, 1031, 2],
];
/** Elements of a large mini-batch: odd, so that the second one is not aligned to a 16-byte load. */
const LARGE_ELEMENTS = 2 ** 23 + 1;

/** A mini-batch of more 16-byte loads than a small device has threads, so that each thread has several in flight. */
const LONG: Shape = [3, 40_009, 1];
/** Rows processed by teams of lanes: more narrow rows than a small device has teams, and rows whose team is a part of a warp. */
const TEAMS: readonly Shape[] = [
  [1700, 3, 1600],
  [35, 40, 33],
];
/** An epoch with more steps than a graph holds, of which one step remains after the last replay. */
const LONG_EPOCH: Shape = [4101, 1, 1];

const SAMPLINGS = ['slice', 'gather'] as const;
const EPOCHS: Partial<PlanRequest>[] = SAMPLINGS.flatMap((sampling) =>
  (['keep', 'drop'] as const).flatMap((remainder) =>
    (['step', 'epoch'] as const).flatMap((fetch) =>
      (['mapped', 'copy'] as const).map((readback) => ({ sampling, remainder, fetch, readback })),
    ),
  ),
);

const KINDS: Partial<PlanRequest>[] = SAMPLINGS.flatMap((sampling) =>
  (['step', 'epoch'] as const).map((fetch) => ({ sampling, fetch })),
);

const offered = (name: StrategyName, sampling: PlanRequest['sampling']) =>
  sampling === 'slice' || name !== 'pin-replay';

/**
 * Every dtype with every strategy and every shape; every kind of epoch; extreme values; bit-identical repetition; arbitrary
 * stretches of an epoch; a second setup.
 */
export const CASES: readonly Case[] = [
  ...DTYPES.flatMap((dtype) =>
    SAMPLINGS.flatMap((sampling) => [
      ...STRATEGIES.filter((strategy) => offered(strategy, sampling)).map((strategy) => ({
        name: `${dtype}, ${sampling}, ${strategy}: every shape`,
        async run(device: Device) {
          for (const [rows, cols, batch] of SHAPES) {
            await verifyOn(device, datasetOf(dtype, rows, cols), strategy, { batch: [batch], sampling });
          }
        },
      })),
      {
        name: `${dtype}, ${sampling}: a long mini-batch, and more than one pass of the graph`,
        async run(device: Device) {
          const [rows, cols, batch] = LONG;
          await verifyOn(device, datasetOf(dtype, rows, cols), 'pin', { batch: [batch], sampling }, 1);
          for (const [rows, cols, batch] of sampling === 'gather' ? TEAMS : []) {
            await verifyOn(device, datasetOf(dtype, rows, cols), 'pin', { batch: [batch], sampling }, 1);
          }
          await verifyOn(device, datasetOf(dtype, 9, 37), 'pin', { work: [3], sampling });
        },
      },
    ]),
  ),
  ...EPOCHS.map((kind) => ({
    name: `every strategy, ${Object.values(kind).join(', ')}`,
    async run(device: Device) {
      const dataset = datasetOf('float32', 11, 5);
      for (const strategy of STRATEGIES.filter((name) => offered(name, kind.sampling!))) {
        for (const batch of [1, 4, 11])
          await verifyOn(device, dataset, strategy, { ...kind, batch: [batch] });
      }
    },
  })),
  ...KINDS.flatMap((kind) => [
    {
      name: `every strategy in calls of various lengths, ${Object.values(kind).join(', ')}`,
      async run(device: Device) {
        for (const strategy of STRATEGIES.filter((name) => offered(name, kind.sampling!))) {
          for (const batch of [1, 3]) {
            await verifyStretchesOn(device, datasetOf('float32', 16, 5), strategy, {
              ...kind,
              batch: [batch],
            });
          }
        }
      },
    },
    {
      name: `feed-chunk in chunks of every size, ${Object.values(kind).join(', ')}`,
      async run(device: Device) {
        for (const remainder of ['keep', 'drop'] as const) {
          for (const chunk of [1, 2, 3, 7]) {
            const request = { ...kind, remainder, chunk, batch: [3] };
            await verifyOn(device, datasetOf('float32', 41, 5), 'feed-chunk', request);
            await verifyStretchesOn(device, datasetOf('uint8', 41, 3), 'feed-chunk', request);
          }
        }
      },
    },
    {
      name: `every strategy set up twice, ${Object.values(kind).join(', ')}`,
      async run(device: Device) {
        for (const strategy of STRATEGIES.filter((name) => offered(name, kind.sampling!))) {
          await verifySetupTwiceOn(device, datasetOf('float32', 11, 5), strategy, kind);
        }
      },
    },
  ]),
  {
    name: 'NaN, infinities, overflow and subnormal numbers',
    async run(device) {
      const edge = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, 1e-45, 2e19];
      for (const value of edge) await verifyOn(device, withValue(value), 'pin', { batch: [2] });
    },
  },
  {
    name: 'bit-identical sums when repeated',
    async run(device) {
      const dataset = datasetOf('float32', 6, 9_001);
      const request = { batch: [2], shuffle: 'once' } as const;
      const first = await verifyOn(device, dataset, 'pin', request);
      for (let again = 0; again < 3; again++) {
        const sums = await verifyOn(device, dataset, 'pin', request);
        if (!sums.every((sum, i) => Object.is(sum, first[i]))) {
          throw new Error(`${sums.join(' ')} after ${first.join(' ')}`);
        }
      }
    },
  },
];

function withValue(value: number): Dataset {
  const dataset = datasetOf('float32', 6, 7);
  dataset.values[17] = value;
  return dataset;
}

/**
 * Mini-batches of tens of megabytes and an epoch of thousands of steps: fast on hardware, but too slow for the software driver.
 */
export const LARGE_CASES: readonly Case[] = [
  ...DTYPES.map((dtype) => ({
    name: `${dtype}: mini-batches of ${LARGE_ELEMENTS} elements and a short one, with every strategy`,
    async run(device: Device) {
      const dataset = datasetOf(dtype, 2 * LARGE_ELEMENTS + 12_345, 1);
      for (const strategy of STRATEGIES) {
        await verifyOn(device, dataset, strategy, { batch: [LARGE_ELEMENTS] });
      }
    },
  })),
  {
    name: 'an epoch of more steps than a graph holds',
    async run(device) {
      const [rows, cols, batch] = LONG_EPOCH;
      await verifyOn(device, datasetOf('float32', rows, cols), 'pin-replay', { batch: [batch] }, 1);
    },
  },
];
