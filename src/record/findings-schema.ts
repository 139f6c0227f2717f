import { z } from 'zod';
import { ENGINES, STRATEGIES } from '../words.js';

const positive = z.int().positive();
const ns = z.number().nonnegative();
const estimate = z.object({ value: z.number().positive(), ci95: z.tuple([z.number(), z.number()]) });
/** Cases with the same engine and work and different batch sizes. */
const sweep = z.object({ engine: z.enum(ENGINES), work: positive });
const rows = sweep.extend({ strategy: z.enum(STRATEGIES) });
const row = rows.extend({ batch: positive });

/**
 * The line `stepNs = fixedNs + bytes / bytesPerNs` through the batch sizes of one work. `bytes` is the size of the mini-batch,
 * for every strategy.
 */
const fit = rows.extend({
  batches: z.array(positive).min(1),
  holds: z.boolean().describe('false: a batch size is more than 15 % from the line, so no fit is reported'),
  farthest: z
    .object({ batch: positive, percent: z.number() })
    .describe('the batch size farthest from the line, and how far its median is above or below the line'),
  fixedNs: estimate.nullable().describe('fixed cost of a step; null if it is indistinguishable from zero'),
  bytesPerNs: estimate
    .nullable()
    .describe('bandwidth in GB/s; null if the cost per byte is indistinguishable from zero'),
});

/** Which of a strategy and `feed` is faster at which batch sizes, from the verdicts other than `inconclusive`. */
const crossover = rows.extend({
  from: positive.describe('smallest batch size compared'),
  to: positive.describe('largest batch size compared'),
  stretches: z
    .array(z.object({ faster: z.enum([...STRATEGIES, 'same']), from: positive, to: positive }))
    .min(1)
    .describe('ranges of batch sizes with the same verdict, ascending'),
  brackets: z
    .array(z.object({ from: positive, to: positive, faster: z.enum(STRATEGIES) }))
    .describe(
      'batch sizes between which the faster strategy changes, and the strategy that is faster from there on',
    ),
  inconclusive: z.array(positive).describe('batch sizes with an inconclusive verdict'),
});

const breakEven = row.extend({
  steps: z.int().nonnegative(),
  epochs: ns,
  stepsCi95: z.tuple([z.number(), z.number()]).nullable(),
});

/** The parts of a step, ns. A part that is not known is absent. */
const composition = row.extend({
  stepNs: z.number().positive(),
  fixedNs: ns.optional().describe('fixed cost, from the fit over batch sizes'),
  copyNs: ns.optional().describe("copy to the device, timed by the device's clock"),
  graphNs: ns.optional().describe("graph, timed by the device's clock"),
  fetchNs: ns.optional().describe("fetch of the scalar, timed by the device's clock"),
  ownNs: ns.optional().describe("pinbench's own timing loop and driver calls"),
});

const memory = z.object({
  engine: z.enum(ENGINES),
  device: z.string(),
  bytes: positive.describe('size of the dataset'),
  freeBytes: z.int().nonnegative().optional().describe('free device memory before anything was allocated'),
  fits: z.boolean().nullable().describe('whether the dataset fits in freeBytes; null if that is not known'),
  l2Bytes: positive.optional().describe('size of the L2 cache'),
  fitsL2: z.boolean().optional().describe('whether the dataset fits in the L2 cache'),
});

/** The model cost above which the choice between a strategy and `feed` gains less than 5 % of a step. */
const hidden = row.extend({
  gainNs: ns.describe('time saved per step at the smallest work measured'),
  modelNs: ns.describe('model cost per step above which the gain is under 5 %'),
  fromWork: positive
    .optional()
    .describe('smallest measured work from which on the gain is under 5 %; absent if there is none'),
});

/** What to try next, with the numbers that justify it. */
const advice = z.discriminatedUnion('code', [
  row.extend({ code: z.literal('try-feed-ahead'), copyNs: ns, stepNs: ns }),
  row.extend({
    ...{ code: z.literal('try-feed-chunk'), fixedNs: ns, stepNs: ns },
    bytes: positive.describe('size of the dataset'),
    freeBytes: z.int().nonnegative().describe('free device memory'),
  }),
  row.extend({ code: z.literal('try-pin-replay'), fixedNs: ns, stepNs: ns }),
  row.extend({ code: z.literal('try-larger-batch'), fixedNs: ns, stepNs: ns }),
]);

/** The conclusions from a record, as data. `analysis/` derives them and `report/` puts them into words. */
export const findingsSchema = z.object({
  fits: z.array(fit),
  crossovers: z.array(crossover),
  breakEvens: z.array(breakEven),
  compositions: z.array(composition),
  memory: z.array(memory),
  hidden: z.array(hidden),
  advice: z.array(advice),
});

export type Findings = z.infer<typeof findingsSchema>;
export type Fit = Findings['fits'][number];
export type Crossover = Findings['crossovers'][number];
export type BreakEvenFinding = Findings['breakEvens'][number];
export type Composition = Findings['compositions'][number];
export type MemoryFit = Findings['memory'][number];
export type Hidden = Findings['hidden'][number];
export type Advice = Findings['advice'][number];
