import { z } from 'zod';
import { ENGINES, STRATEGIES } from '../words.js';

const positive = z.int().positive();
const ns = z.number().nonnegative();
const estimate = z.object({ value: z.number().positive(), ci95: z.tuple([z.number(), z.number()]) });
/** Cases of one work, over their batch sizes. */
const sweep = z.object({ engine: z.enum(ENGINES), work: positive });
const rows = sweep.extend({ strategy: z.enum(STRATEGIES) });
const row = rows.extend({ batch: positive });

/** `stepNs = fixedNs + bytes / bytesPerNs` over the batch sizes of a work; `bytes` are those of the mini-batch, for every strategy. */
const fit = rows.extend({
  batches: z.array(positive).min(1),
  holds: z.boolean().describe('false: a size is over 15 % from the line, and no fit is reported'),
  farthest: z
    .object({ batch: positive, percent: z.number() })
    .describe('the size that is farthest from the line, and how far its median is above or below it'),
  fixedNs: estimate.nullable().describe('null where the sizes do not tell it from zero'),
  bytesPerNs: estimate
    .nullable()
    .describe('GB/s; null where the sizes do not tell the cost of the bytes from none'),
});

/** Who is faster where, of a strategy and `feed`, by the verdicts that are decided. */
const crossover = rows.extend({
  from: positive.describe('smallest batch size compared'),
  to: positive.describe('largest'),
  stretches: z
    .array(z.object({ faster: z.enum([...STRATEGIES, 'same']), from: positive, to: positive }))
    .min(1)
    .describe('batch sizes with one verdict, ascending'),
  brackets: z
    .array(z.object({ from: positive, to: positive, faster: z.enum(STRATEGIES) }))
    .describe('batch sizes between which the faster strategy changes, and which it is from there on'),
  inconclusive: z.array(positive).describe('batch sizes without a verdict'),
});

const breakEven = row.extend({
  steps: z.int().nonnegative(),
  epochs: ns,
  stepsCi95: z.tuple([z.number(), z.number()]).nullable(),
});

/** What a step is made of, ns; a part that nothing tells is absent. */
const composition = row.extend({
  stepNs: z.number().positive(),
  fixedNs: ns.optional().describe('by the fit over batch sizes'),
  copyNs: ns.optional().describe("by the device's clock"),
  graphNs: ns.optional().describe("by the device's clock"),
  fetchNs: ns.optional().describe("by the device's clock"),
  ownNs: ns.optional().describe("pinbench's own loop and calls"),
});

const memory = z.object({
  engine: z.enum(ENGINES),
  device: z.string(),
  bytes: positive.describe('of the dataset'),
  freeBytes: z.int().nonnegative().optional().describe('of the device, before anything was allocated'),
  fits: z.boolean().nullable().describe('in the free memory; null where that is not known'),
  l2Bytes: positive.optional(),
  fitsL2: z.boolean().optional(),
});

/** From which cost of a model on the choice between a strategy and `feed` gains less than 5 % of a step. */
const hidden = row.extend({
  gainNs: ns.describe('of a step, by the medians of both at the smallest work measured'),
  modelNs: ns.describe('added to every step'),
  fromWork: positive
    .optional()
    .describe('smallest work measured from which on the gain is under 5 %; absent where none is'),
});

/** What to try next, with the numbers that say so. */
const advice = z.discriminatedUnion('code', [
  row.extend({ code: z.literal('try-feed-ahead'), copyNs: ns, stepNs: ns }),
  row.extend({
    ...{ code: z.literal('try-feed-chunk'), fixedNs: ns, stepNs: ns },
    bytes: positive.describe('of the dataset'),
    freeBytes: z.int().nonnegative(),
  }),
  row.extend({ code: z.literal('try-pin-replay'), fixedNs: ns, stepNs: ns }),
  row.extend({ code: z.literal('try-larger-batch'), fixedNs: ns, stepNs: ns }),
]);

/** What a record says, as data: made by `analysis/`, worded by `report/`. */
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
