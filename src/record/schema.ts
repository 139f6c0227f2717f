import { z } from 'zod';
import { COMPUTE_MODES, DATA_FORMATS, DTYPES, ENGINES, STRATEGIES, VERDICTS } from '../words.js';
import { findingsSchema } from './findings-schema.js';
import { planOptionsSchema } from './plan-schema.js';
import { caseNameOf, nameOf } from './row-name.js';
import { warningSchema } from './warning-schema.js';

/** The record's name and version; a reader refuses any other. */
export const RECORD_SCHEMA = 'pinbench/record@1';

const count = z.int().nonnegative();
const positive = z.int().positive();
/** Times beyond it, about 104 days, are not whole ns in a number. */
const MOST_NS = Number.MAX_SAFE_INTEGER;
const ns = z.number().nonnegative().max(MOST_NS);
const interval = z.tuple([z.number(), z.number()]);
/** JSON has no infinity and no NaN: these three are written as text. An enum of them would break the types of older compilers. */
const scalar = z.union([z.number(), z.literal('NaN'), z.literal('Infinity'), z.literal('-Infinity')]);

const dataset = z.object({
  path: z.string(),
  format: z.enum(DATA_FORMATS),
  dtype: z.enum(DTYPES).describe('element type of the matrix that was measured'),
  castFrom: z.string().optional().describe('element type in the file, where it was cast'),
  rows: positive,
  cols: positive,
  bytes: positive.describe('of the matrix in memory'),
  leftOut: z
    .array(
      z.object({
        why: z.enum(['no-numbers', 'type-not-read', 'pandas-index']),
        columns: positive,
        names: z.array(z.string()).describe('of the first of them'),
      }),
    )
    .optional()
    .describe('columns of the file that were not read though nobody named others'),
});

const plan = planOptionsSchema.and(
  z.object({
    rounds: positive.describe('planned for each case; the fewest where the interval or the time decides'),
  }),
);

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
  freeBytes: count.optional().describe('of its memory, before anything was allocated'),
  computeCapability: z.string().optional(),
  multiprocessors: positive.optional(),
  l2Bytes: positive.optional(),
  pciBusId: z.string().optional(),
  uuid: z.string().optional(),
  driver: z.string().optional(),
  mig: z.boolean().optional(),
  ecc: z.boolean().optional(),
  persistence: z.boolean().optional(),
  monitored: z.boolean().optional().describe('false: clocks, throttling and link could not be seen'),
  damagedMonitor: z.string().optional().describe('the file that would show them, where it is damaged'),
  processes: count.optional().describe('that computed on it before the run did'),
  display: z.boolean().optional().describe('it draws for a display'),
  computeMode: z.enum(COMPUTE_MODES).optional(),
  mps: z.boolean().optional().describe('MPS, by which processes share it, may be there'),
  numaNode: count.optional().describe('memory node of the host that it is at'),
  processNodes: z
    .array(count)
    .readonly()
    .optional()
    .describe('memory nodes of the host with a processor that the process may run on'),
  link: link.optional(),
  integrated: z.boolean().optional().describe("it shares the host's memory: copies do not cross a bus"),
  coherentLink: z
    .boolean()
    .optional()
    .describe("a coherent link, and not PCIe, joins it to the host's memory: copies cross it"),
  floorNs: ns.optional().describe('an empty kernel launched and waited for: no strategy can be faster'),
  callsNsPerStep: z
    .partialRecord(z.enum(STRATEGIES), ns)
    .optional()
    .describe('what the calls from JavaScript to the driver cost in a step of each strategy'),
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
    .describe('what the timing loop costs of each step, from an engine that does nothing'),
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
  ci95: interval
    .nullable()
    .describe(
      'of the median, exact order-statistic interval; null under 6 rounds and over several processes',
    ),
  range: interval.optional().describe('of the medians of several processes'),
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
  chunk: positive
    .optional()
    .describe('mini-batches that are copied at once, of a strategy that copies several'),
  steps: positive.describe('timed, all rounds together'),
  stepsPerEpoch: positive,
  epochsMeasured: z.number().positive().describe('steps over stepsPerEpoch: a block may be part of an epoch'),
  verifiedSteps: count.describe('of the timed steps, those whose scalar was held against the reference'),
  stepNs,
  phasesNs: z
    .object({ copy: ns, graph: ns, fetch: ns, host: ns })
    .optional()
    .describe(
      'where a step goes, by events of the device in a pass of its own; host is the rest of the median',
    ),
  phasesReason: z.string().optional().describe('why there is no phasesNs, where an engine could tell it'),
  samplesNs: z.array(z.number().positive().max(MOST_NS)).min(1).describe('mean step time of each round'),
  roundsPerProcess: z
    .array(positive)
    .min(2)
    .optional()
    .describe('of samplesNs, how many each process left, one process after the other; absent: there was one'),
  conditions: z
    .array(z.object({ before: condition, after: condition }))
    .optional()
    .describe('state of the device around each round'),
  allocateNs: ns.describe('allocation and page-locking, with nothing to share; median'),
  setupNs: ns.describe('the upload; median'),
  setupSamplesNs: z.array(ns).describe('each upload but the first'),
  h2dBytesPerStep: z.number().nonnegative().describe('mean over an epoch, by the plan'),
  h2dBytesSetup: count,
  rowsPerSecond: z.number().nonnegative(),
  bytesPerSecond: z.number().nonnegative().describe('of mini-batches through the graph'),
  epochSum: scalar
    .nullable()
    .describe(
      'sum of the scalars of the first epoch; null where it was too long to be visited whole before measuring',
    ),
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
  ci95: interval.nullable(),
  verdict: z.enum(VERDICTS),
  breakEvenSteps: count
    .nullable()
    .describe('steps until the extra allocation and upload are paid; null where they never are'),
  breakEvenCi95: interval.nullable().describe('null where there is no break-even or too few uploads'),
  modelSpeedup: z.number().positive().optional().describe('predicted with modelNs added to every step'),
});

const caseEnd = z.object({
  engine: z.enum(ENGINES),
  batch: positive,
  work: positive,
  rounds: count,
  end: z
    .enum(['planned', 'until', 'time', 'budget', 'stopped'])
    .describe(
      'why no further round: all were measured, the interval is narrow, the time or the budget is over, or the run ended early',
    ),
  halfWidthPercent: z
    .number()
    .nonnegative()
    .nullable()
    .describe('of the widest 95 % interval; null without one'),
});

/** What a run writes and everything else reads. Times are ns, sizes bytes. */
export const recordSchema = z
  .object({
    schema: z.literal(RECORD_SCHEMA),
    pinbench: z.string().describe('version that wrote it'),
    complete: z.boolean().describe('false: interrupted, or an engine failed; what is there is whole rounds'),
    reason: z.string().optional().describe('why it is not complete'),
    startedAt: z.iso.datetime(),
    argv: z.array(z.string()),
    dataset,
    plan,
    environment,
    results: z.array(z.discriminatedUnion('status', [measured, skipped])),
    comparisons: z.array(comparison),
    cases: z.array(caseEnd).describe('how the rounds of each case ended'),
    warnings: z.array(warningSchema),
    findings: findingsSchema
      .optional()
      .describe('what the figures say; absent in a record that was written before there were findings'),
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
    // Rounds of a case are paired: what is made of them pairs them by their places.
    const rounds = new Map<string, number>();
    for (const [i, result] of results.entries()) {
      if (result.status === 'skipped') continue;
      const name = caseNameOf(result);
      const expected = rounds.get(name) ?? result.samplesNs.length;
      rounds.set(name, expected);
      if (result.samplesNs.length === expected) continue;
      const message = `${result.samplesNs.length} rounds, where another strategy of its case has ${expected}`;
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

/** The record's JSON Schema (draft 2020-12). */
export function recordJsonSchema(): unknown {
  return { title: RECORD_SCHEMA, ...z.toJSONSchema(recordSchema) };
}
