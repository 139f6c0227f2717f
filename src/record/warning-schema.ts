import { z } from 'zod';
import { COMPUTE_MODES, DTYPES, ENGINES, STRATEGIES } from '../words.js';

const count = z.int().nonnegative();
const positive = z.int().positive();
const engine = z.enum(ENGINES);
const inCase = { engine, batch: positive, work: positive };
const ofRow = { ...inCase, strategy: z.enum(STRATEGIES) };
const onDevice = { engine, device: z.string() };

/** What limits the results of a run: a code and the numbers behind it. `report/` puts them into words. */
export const warningSchema = z.discriminatedUnion('code', [
  z.object({ code: z.literal('cast'), castFrom: z.string(), dtype: z.enum(DTYPES) }),
  z.object({
    code: z.literal('not-finite'),
    nan: count,
    infinite: count,
    lookedAt: positive.describe('number of values checked; an evenly spread sample of a large dataset'),
    values: positive.describe('number of values in the dataset'),
    castFrom: z
      .string()
      .optional()
      .describe('element type in the file, if the cast may have made values infinite'),
  }),
  z.object({ code: z.literal('overflow'), ...inCase }),
  z.object({ code: z.literal('no-gpu'), ...onDevice }),
  z.object({ code: z.literal('shared-memory'), ...onDevice }),
  z.object({ code: z.literal('mig'), ...onDevice }),
  z.object({
    ...{ code: z.literal('not-monitored'), ...onDevice },
    damaged: z.string().optional().describe('path of the monitoring library, if its file is damaged'),
  }),
  z.object({ code: z.literal('other-processes'), ...onDevice, processes: positive }),
  z.object({ code: z.literal('display'), ...onDevice }),
  z.object({ code: z.literal('compute-mode'), ...onDevice, computeMode: z.enum(COMPUTE_MODES) }),
  z.object({ code: z.literal('mps'), ...onDevice }),
  z.object({ code: z.literal('persistence-off'), ...onDevice }),
  z.object({
    ...{ code: z.literal('numa-node'), ...onDevice },
    node: count.describe('NUMA node that the device is attached to'),
    processNodes: z.array(count).readonly().describe('NUMA nodes that the process may run on'),
  }),
  z.object({ code: z.literal('copying-slice'), engine, rowBytes: z.number().positive() }),
  z.object({ code: z.literal('dataset-within-l2'), engine, bytes: positive, l2Bytes: positive }),
  z.object({
    ...{ code: z.literal('slow-link'), engine },
    ...{ generation: positive, width: positive, maxGeneration: positive, maxWidth: positive },
  }),
  z.object({ code: z.literal('batches-left-out'), batches: z.array(positive), rows: positive }),
  z.object({
    code: z.literal('budget-cut'),
    budgetNs: z.number().positive(),
    cases: z
      .array(z.object({ ...inCase, rounds: count }))
      .describe('cases that the budget cut short or left out'),
  }),
  z.object({
    code: z.literal('until-not-reached'),
    ...inCase,
    rounds: count,
    untilPercent: z.number().positive(),
    halfWidthPercent: z.number().nonnegative().optional().describe('absent if there is no interval'),
  }),
  z.object({
    code: z.literal('processes-lost'),
    processes: positive,
    reasons: z.array(z.string()),
  }),
  z.object({
    ...{ code: z.literal('few-processes'), processes: positive, needed: positive },
    end: z.literal('budget').optional().describe('the budget left no time for more processes'),
  }),
  z.object({
    ...{ code: z.literal('few-rounds'), rounds: count, needed: positive },
    end: z.enum(['planned', 'budget', 'other']).optional().describe('what limited the number of rounds'),
  }),
  z.object({
    code: z.literal('outliers'),
    ...ofRow,
    outliers: positive,
    rounds: positive,
    farthest: z.number().positive().describe('the most distant outlier divided by the median'),
  }),
  z.object({
    code: z.literal('throttled'),
    ...ofRow,
    reasons: z.array(z.string()),
    throttled: positive,
    rounds: positive,
  }),
]);

export type Warning = z.infer<typeof warningSchema>;
