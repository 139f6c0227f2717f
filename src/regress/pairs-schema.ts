import { z } from 'zod';
import { ENGINES, METRICS, REGRESSION_VERDICTS, STRATEGIES } from '../words.js';
import { sourceSchema } from './schema.js';

/** The name and version of what `ab --format json` prints. */
export const PAIRS_SCHEMA = 'pinbench/pairs@1';

const count = z.int().nonnegative();
const positive = z.int().positive();
const level = z.number().positive();
const percent = z.number().positive();

const row = z.object({
  metric: z.enum(METRICS).describe('the compared quantity: the time of a step, or the speedup over feed'),
  engine: z.enum(ENGINES),
  strategy: z.enum(STRATEGIES),
  batch: positive.describe('rows per mini-batch'),
  work: positive.describe('how often the graph runs per mini-batch'),
  base: level.optional().describe("median of the base's processes: ns per step, or the speedup over feed"),
  head: level.optional().describe("median of the head's processes, in the same unit"),
  change: level
    .optional()
    .describe('head divided by base: above 1 is slower for times, below 1 for speedups'),
  ci95: z
    .tuple([z.number(), z.number()])
    .nullable()
    .optional()
    .describe('exact signed-rank 95 % interval over the pairs; null with fewer than 6 pairs'),
  verdict: z.enum(REGRESSION_VERDICTS),
  noisePercent: percent.optional().describe('half the width of the interval, in percent'),
  smallestPercent: percent.optional().describe('smallest change that would have been detected'),
  note: z
    .string()
    .optional()
    .describe('what would settle an inconclusive row, or why there is nothing to compare'),
});

/** The result of alternating processes of two builds. Times are ns. */
export const pairsSchema = z.object({
  schema: z.literal(PAIRS_SCHEMA),
  thresholdPercent: percent.describe('only a larger change counts'),
  pairs: count.describe('number of process pairs that were compared'),
  inTurns: z
    .boolean()
    .describe('true: the processes of a pair took turns round by round; false: they ran one after the other'),
  lost: z.array(z.string()).describe('why pairs were not counted, one entry per pair'),
  complete: z.boolean().describe('false: the comparison was interrupted'),
  base: sourceSchema.optional().describe('absent if the base contains no pinbench; all rows are then new'),
  head: sourceSchema,
  otherData: z
    .boolean()
    .describe('true: the sums of an epoch differ, so the two sides measured different data'),
  rows: z.array(row),
});

export type PairsComparison = z.infer<typeof pairsSchema>;
export type PairsRow = PairsComparison['rows'][number];

/** The JSON Schema (draft 2020-12) of what `ab --format json` prints. */
export function pairsJsonSchema(): unknown {
  return { title: PAIRS_SCHEMA, ...z.toJSONSchema(pairsSchema) };
}
