import { z } from 'zod';
import { COMPUTE_MODES, DATA_FORMATS, DTYPES, ENGINES, STRATEGIES, VERDICTS } from '../words.js';
import { findingsSchema } from './findings-schema.js';
import { planOptionsSchema } from './plan-schema.js';
import { caseNameOf, nameOf } from './row-name.js';
import { warningSchema } from './warning-schema.js';

/** The schema's name and version. A reader refuses a record with any other. */
export const RECORD_SCHEMA = 'pinbench/record@1';

const count = z.int().nonnegative();
const positive = z.int().positive();
/** Above this limit, about 104 days, a number cannot represent every whole ns. */
const MAX_NS = Number.MAX_SAFE_INTEGER;
const ns = z.number().nonnegative().max(MAX_NS);
/** A step takes a processor cycle at least, about 0.2 ns; the limit leaves room for the mean of many. */
const stepTime = z.number().min(0.001).max(MAX_NS);
const interval = z.tuple([z.number(), z.number()]);
/** JSON has no infinity and no NaN, so these three are written as text. A zod enum would break the types for older compilers. */
const scalar = z.union([z.number(), z.literal('NaN'), z.literal('Infinity'), z.literal('-Infinity')]);

const dataset = z.object({
  path: z.string(),
  format: z.enum(DATA_FORMATS),
  dtype: z.enum(DTYPES).describe('element type of the measured matrix'),
  castFrom: z.string().optional().describe('element type in the file, if the values were cast'),
  rows: positive,
  cols: positive,
  bytes: positive.describe('size of the matrix in memory'),
  leftOut: z
    .array(
      z.object({
        why: z.enum(['no-numbers', 'type-not-read', 'pandas-index']),
        columns: positive,
        names: z.array(z.string()).describe('names of the first eight columns'),
      }),
    )
    .optional()
    .describe('columns that were not read although --column was not given, grouped by reason'),
});

const plan = planOptionsSchema.and(
  z.object({
    rounds: positive.describe(
      'rounds planned per case; the minimum if the interval or the time limit decides',
    ),
  }),
);

const link = z
  .object({ generation: positive, width: positive, maxGeneration: positive, maxWidth: positive })
  .describe('PCIe link, read while copies were in progress');

const condition = z.object({
  smMHz: z.number().optional(),
  memoryMHz: z.number().optional(),
  watts: z.number().optional(),
  celsius: z.number().optional(),
  throttled: z
    .array(z.string())
    .optional()
    .describe('reasons for throttling; empty if the device was not throttled'),
});

const device = z.object({
  engine: z.enum(ENGINES),
  name: z.string(),
  gpu: z.boolean().describe('false: the measured times say nothing about a GPU'),
  runtime: z.string(),
  clocksCopies: z.boolean().describe('false: the framework decides when data is copied'),
  memoryBytes: positive.optional(),
  freeBytes: count.optional().describe('free device memory before anything was allocated'),
  computeCapability: z.string().optional(),
  multiprocessors: positive.optional(),
  l2Bytes: positive.optional(),
  pciBusId: z.string().optional(),
  uuid: z.string().optional(),
  driver: z.string().optional(),
  mig: z.boolean().optional(),
  ecc: z.boolean().optional(),
  persistence: z.boolean().optional(),
  monitored: z.boolean().optional().describe('false: clocks, throttling and link could not be read'),
  damagedMonitor: z.string().optional().describe('path of the monitoring library, if its file is damaged'),
  processes: count.optional().describe('other processes that were using the device before the run'),
  display: z.boolean().optional().describe('true: the device drives a display'),
  computeMode: z.enum(COMPUTE_MODES).optional(),
  mps: z.boolean().optional().describe('true: MPS, which lets processes share the device, may be running'),
  numaNode: count.optional().describe('NUMA node of the host that the device is attached to'),
  processNodes: z
    .array(count)
    .readonly()
    .optional()
    .describe('NUMA nodes of the host whose processors the process may run on'),
  link: link.optional(),
  integrated: z
    .boolean()
    .optional()
    .describe("true: the device shares the host's memory, so copies cross no bus"),
  coherentLink: z
    .boolean()
    .optional()
    .describe("true: copies cross a coherent link to the host's memory instead of PCIe"),
  floorNs: ns
    .optional()
    .describe('time to launch an empty kernel and wait for it; no strategy can be faster'),
  callsNsPerStep: z
    .partialRecord(z.enum(STRATEGIES), ns)
    .optional()
    .describe('time that one step of each strategy spends in calls from JavaScript to the driver'),
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
    .describe('time that the timing loop adds to each step, measured with an engine that does nothing'),
});

const stepNs = z.object({
  median: stepTime.describe('median over the rounds; with several processes, median of their medians'),
  mean: ns.describe('mean over the rounds'),
  min: ns.describe('fastest step or round observed'),
  max: ns.describe('slowest step or round observed'),
  p50: ns.optional().describe('median of single steps, which are timed in a separate pass'),
  p95: ns.optional().describe('95th percentile of single steps'),
  p99: ns.optional().describe('99th percentile of single steps'),
  mad: ns.describe('median absolute deviation of the rounds'),
  ci95: interval
    .nullable()
    .describe(
      'exact order-statistic 95 % interval of the median; null with fewer than 6 rounds or several processes',
    ),
  range: interval.optional().describe('smallest and largest median of several processes'),
});

const row = z.object({
  engine: z.enum(ENGINES),
  device: z.string(),
  strategy: z.enum(STRATEGIES),
  batch: positive,
  work: positive,
});

const measured = row.extend({
  status: z.literal('measured'),
  chunk: positive.optional().describe('mini-batches per copy, for a strategy that copies several at once'),
  steps: positive.describe('timed steps in all rounds'),
  stepsPerEpoch: positive,
  epochsMeasured: z
    .number()
    .positive()
    .describe('steps divided by stepsPerEpoch; a block may be part of an epoch'),
  verifiedSteps: count.describe('timed steps whose scalar was compared with the reference'),
  stepNs,
  phasesNs: z
    .object({ copy: ns, graph: ns, fetch: ns, host: ns })
    .optional()
    .describe(
      'parts of a step, timed by device events in a separate pass; host is the remainder of the median',
    ),
  phasesReason: z.string().optional().describe('why phasesNs is missing although the engine can measure it'),
  samplesNs: z.array(stepTime).min(1).describe('mean step time of each round'),
  roundsPerProcess: z
    .array(positive)
    .min(2)
    .optional()
    .describe(
      'number of consecutive entries of samplesNs from each process; absent if there was one process',
    ),
  conditions: z
    .array(z.object({ before: condition, after: condition }))
    .optional()
    .describe('state of the device before and after each round'),
  allocateNs: ns.describe('median time of allocation and page-locking, without shared copies'),
  setupNs: ns.describe('median time of an upload'),
  setupSamplesNs: z.array(ns).describe('time of each upload except the first'),
  h2dBytesPerStep: z
    .number()
    .nonnegative()
    .describe('bytes from host to device per step according to the plan, averaged over an epoch'),
  h2dBytesSetup: count.describe('bytes from host to device during setup'),
  rowsPerSecond: z.number().nonnegative(),
  bytesPerSecond: z.number().nonnegative().describe('throughput of mini-batches through the graph'),
  epochSum: scalar
    .nullable()
    .describe('sum of the scalars of the first epoch; null if the epoch was too long to be verified in full'),
  maxRelError: z.number().nonnegative().describe('largest difference from the float64 reference'),
  verified: z.literal(true),
});

const skipped = row.extend({ status: z.literal('skipped'), reason: z.string() });

const comparison = z.object({
  engine: z.enum(ENGINES),
  batch: positive,
  work: positive,
  baseline: z.literal('feed'),
  strategy: z.enum(STRATEGIES),
  speedup: z.number().positive().describe('baseline time over strategy time, paired by round'),
  ci95: interval.nullable().describe('95 % interval of the speedup; null with too few rounds or processes'),
  verdict: z.enum(VERDICTS),
  breakEvenSteps: count
    .nullable()
    .describe(
      'steps after which the extra allocation and upload have paid off; null unless the verdict is faster',
    ),
  breakEvenCi95: interval
    .nullable()
    .describe('95 % interval of breakEvenSteps; null without a break-even or with too few uploads'),
  modelSpeedup: z
    .number()
    .positive()
    .optional()
    .describe('predicted speedup with modelNs added to every step'),
});

const caseEnd = z.object({
  engine: z.enum(ENGINES),
  batch: positive,
  work: positive,
  rounds: count,
  end: z
    .enum(['planned', 'until', 'time', 'budget', 'stopped'])
    .describe(
      'why the rounds ended: all planned rounds ran, the interval was narrow enough, time or budget ran out, or the run stopped early',
    ),
  halfWidthPercent: z
    .number()
    .nonnegative()
    .nullable()
    .describe('half the width of the widest 95 % interval; null without an interval'),
});

/** The record that `run` writes and every other command reads. Times are ns, sizes are bytes. */
export const recordSchema = z
  .object({
    schema: z.literal(RECORD_SCHEMA),
    pinbench: z.string().describe('version of pinbench that wrote the record'),
    complete: z
      .boolean()
      .describe('false: the run was interrupted or an engine failed; the record holds the finished rounds'),
    reason: z.string().optional().describe('why the record is incomplete'),
    startedAt: z.iso.datetime(),
    argv: z.array(z.string()),
    dataset,
    plan,
    environment,
    results: z.array(z.discriminatedUnion('status', [measured, skipped])),
    comparisons: z.array(comparison),
    cases: z.array(caseEnd).describe('number of rounds of each case and why they ended'),
    warnings: z.array(warningSchema),
    findings: findingsSchema
      .optional()
      .describe('conclusions from the measurements; absent in records from versions without findings'),
  })
  .superRefine(({ results, complete }, context) => {
    if (results.length === 0 && complete)
      context.addIssue({ code: 'custom', path: ['results'], message: 'no row' });
    const places = new Map<string, number>();
    for (const [i, result] of results.entries()) {
      const name = nameOf(result);
      const before = places.get(name);
      places.set(name, i);
      if (before !== undefined)
        context.addIssue({
          code: 'custom',
          path: ['results', i],
          message: `the same row as results.${before}`,
        });
    }
    // Rounds of a case are paired by index, so every strategy must have the same number of them.
    const rounds = new Map<string, number>();
    for (const [i, result] of results.entries()) {
      if (result.status === 'skipped') continue;
      const inProcesses = result.roundsPerProcess?.reduce((sum, count) => sum + count, 0);
      if (inProcesses !== undefined && inProcesses !== result.samplesNs.length) {
        const message = `${inProcesses} rounds, but there are ${result.samplesNs.length} samples`;
        context.addIssue({ code: 'custom', path: ['results', i, 'roundsPerProcess'], message });
      }
      const name = caseNameOf(result);
      const expected = rounds.get(name) ?? result.samplesNs.length;
      rounds.set(name, expected);
      if (result.samplesNs.length === expected) continue;
      const message = `${result.samplesNs.length} rounds, but another strategy of its case has ${expected}`;
      context.addIssue({ code: 'custom', path: ['results', i, 'samplesNs'], message });
    }
  });

export type RunRecord = z.infer<typeof recordSchema>;
export type Result = RunRecord['results'][number];
export type MeasuredResult = z.infer<typeof measured>;
export type Comparison = z.infer<typeof comparison>;
export type { Findings } from './findings-schema.js';
export type { Warning } from './warning-schema.js';
export type DeviceRecord = z.infer<typeof device>;

/** The JSON Schema (draft 2020-12) of a record. */
export function recordJsonSchema(): unknown {
  return { title: RECORD_SCHEMA, ...z.toJSONSchema(recordSchema) };
}
