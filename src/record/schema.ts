import { z } from 'zod';
import {
  DATA_FORMATS,
  DTYPE_REQUESTS,
  DTYPES,
  ENGINES,
  FETCHES,
  READBACKS,
  REMAINDERS,
  SAMPLINGS,
  SHUFFLES,
  STRATEGIES,
  VERDICTS,
} from '../words.js';

/** The record's name and version; a reader refuses any other. */
export const RECORD_SCHEMA = 'pinbench/record@1';

const count = z.int().nonnegative();
const positive = z.int().positive();
const ns = z.number().nonnegative();
const interval = z.tuple([z.number(), z.number()]);
/** JSON has no infinity and no NaN: these three are written as text. */
const scalar = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);

const dataset = z.object({
  path: z.string(),
  format: z.enum(DATA_FORMATS),
  dtype: z.enum(DTYPES).describe('element type of the matrix that was measured'),
  castFrom: z.string().optional().describe('element type in the file, where it was cast'),
  rows: positive,
  cols: positive,
  bytes: positive.describe('of the matrix in memory'),
});

const plan = z.object({
  batches: z.array(positive).describe('rows per mini-batch'),
  epochs: positive.describe('measured epochs per strategy, as asked for'),
  warmup: count,
  rounds: positive,
  shuffle: z.enum(SHUFFLES),
  sampling: z.enum(SAMPLINGS),
  seed: count,
  remainder: z.enum(REMAINDERS),
  fetch: z.enum(FETCHES),
  readback: z.enum(READBACKS).optional(),
  works: z.array(positive).describe('graph passes per mini-batch'),
  dtype: z.enum(DTYPE_REQUESTS),
  modelNs: ns.optional().describe('--model-us: a model of so many ns a step, for the prediction'),
});

const link = z
  .object({ generation: positive, width: positive, maxGeneration: positive, maxWidth: positive })
  .describe('PCIe, looked at while copies were under way');

const condition = z.object({
  smMHz: z.number().optional(),
  memoryMHz: z.number().optional(),
  watts: z.number().optional(),
  celsius: z.number().optional(),
  throttled: z.array(z.string()).optional().describe('why it ran slower than it could; empty: it did not'),
});

const device = z.object({
  engine: z.enum(ENGINES),
  name: z.string(),
  gpu: z.boolean().describe('false: figures say nothing about a GPU'),
  runtime: z.string(),
  clocksCopies: z.boolean().describe('false: the framework decides when bytes move'),
  memoryBytes: positive.optional(),
  computeCapability: z.string().optional(),
  multiprocessors: positive.optional(),
  l2Bytes: positive.optional(),
  pciBusId: z.string().optional(),
  uuid: z.string().optional(),
  driver: z.string().optional(),
  mig: z.boolean().optional(),
  ecc: z.boolean().optional(),
  persistence: z.boolean().optional(),
  numaNode: count.optional(),
  link: link.optional(),
  integrated: z.boolean().optional(),
  floorNs: ns.optional().describe('an empty kernel launched and waited for: what no strategy can beat'),
});

const environment = z.object({
  node: z.string(),
  os: z.string(),
  arch: z.string(),
  cpu: z.string(),
  cores: positive,
  memoryBytes: positive,
  ci: z.string().optional(),
  git: z.object({ commit: z.string(), branch: z.string().optional(), dirty: z.boolean() }).optional(),
  devices: z.array(device),
  overheadNsPerStep: ns
    .optional()
    .describe("pinbench's own cost of a step, from an engine that does nothing"),
});

const stepNs = z.object({
  median: z.number().positive().describe('of the rounds'),
  mean: ns.describe('of the rounds'),
  min: ns.describe('fastest step or round seen'),
  max: ns.describe('slowest step or round seen'),
  p50: ns.optional().describe('of single steps, timed in a pass of their own'),
  p95: ns.optional(),
  p99: ns.optional(),
  mad: ns.describe('median absolute deviation of the rounds'),
  ci95: interval.nullable().describe('of the median, exact order-statistic interval; null under 6 rounds'),
});

const cell = z.object({
  engine: z.enum(ENGINES),
  device: z.string(),
  strategy: z.enum(STRATEGIES),
  batch: positive,
  work: positive,
});

const measured = cell.extend({
  status: z.literal('measured'),
  steps: positive,
  stepsPerEpoch: positive,
  stepNs,
  phasesNs: z
    .object({ copy: ns, graph: ns, fetch: ns, host: ns })
    .optional()
    .describe(
      'where a step goes, by events of the device in a pass of its own; host is the rest of the median',
    ),
  samplesNs: z.array(z.number().positive()).min(1).describe('mean step time of each round'),
  conditions: z
    .array(z.object({ before: condition, after: condition }))
    .optional()
    .describe('state of the device around each round'),
  setupNs: ns,
  h2dBytesPerStep: z.number().nonnegative().describe('mean over an epoch, by the plan'),
  h2dBytesSetup: count,
  rowsPerSecond: z.number().nonnegative(),
  bytesPerSecond: z.number().nonnegative().describe('of mini-batches through the graph'),
  epochSum: scalar.describe('sum of the scalars of the verified epoch'),
  maxRelError: z.number().nonnegative().describe('largest difference from the float64 reference'),
  verified: z.literal(true),
});

const skipped = cell.extend({ status: z.literal('skipped'), reason: z.string() });

const comparison = z.object({
  engine: z.enum(ENGINES),
  batch: positive,
  work: positive,
  baseline: z.literal('feed'),
  strategy: z.enum(STRATEGIES),
  speedup: z.number().positive().describe('baseline time over strategy time, paired by round'),
  ci95: interval.nullable(),
  verdict: z.enum(VERDICTS),
  breakEvenSteps: count.nullable().describe('steps until the extra setup is paid; null where it never is'),
  modelSpeedup: z.number().positive().optional().describe('predicted with modelNs added to every step'),
});

const warning = z.looseObject({ code: z.string(), message: z.string() });

/** What a run writes and everything else reads. Times are ns, sizes bytes. */
export const recordSchema = z
  .object({
    schema: z.literal(RECORD_SCHEMA),
    pinbench: z.string().describe('version that wrote it'),
    complete: z.boolean().describe('false: interrupted, what is there is whole rounds'),
    startedAt: z.iso.datetime(),
    argv: z.array(z.string()),
    dataset,
    plan,
    environment,
    results: z.array(z.discriminatedUnion('status', [measured, skipped])),
    comparisons: z.array(comparison),
    warnings: z.array(warning),
  })
  .superRefine(({ results }, context) => {
    // Rounds of a cell are paired: what is made of them pairs them by their places.
    const rounds = new Map<string, number>();
    for (const [i, result] of results.entries()) {
      if (result.status === 'skipped') continue;
      const cell = `${result.engine} ${result.batch} ${result.work}`;
      const expected = rounds.get(cell) ?? result.samplesNs.length;
      rounds.set(cell, expected);
      if (result.samplesNs.length === expected) continue;
      const message = `${result.samplesNs.length} rounds, where another strategy of its cell has ${expected}`;
      context.addIssue({ code: 'custom', path: ['results', i, 'samplesNs'], message });
    }
  });

export type RunRecord = z.infer<typeof recordSchema>;
export type Result = RunRecord['results'][number];
export type MeasuredResult = z.infer<typeof measured>;
export type Comparison = z.infer<typeof comparison>;
export type Warning = z.infer<typeof warning>;
export type DeviceRecord = z.infer<typeof device>;

/** The record's JSON Schema (draft 2020-12). */
export function recordJsonSchema(): unknown {
  return { title: RECORD_SCHEMA, ...z.toJSONSchema(recordSchema) };
}
