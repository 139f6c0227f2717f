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
  metric: z.enum(METRICS).describe('the time of a step, or the speedup over feed'),
  engine: z.enum(ENGINES),
  strategy: z.enum(STRATEGIES),
  batch: positive.describe('rows per mini-batch'),
  work: positive.describe('graph passes per mini-batch'),
  base: level.optional().describe("median of the base's processes: ns a step, or the speedup over feed"),
  head: level.optional().describe("median of the head's processes, in the same unit"),
  change: level.optional().describe('head over base: of times, above 1 is slower; of speedups, below 1 is'),
  ci95: z
    .tuple([z.number(), z.number()])
    .nullable()
    .optional()
    .describe('exact signed-rank interval over the pairs; null under 6 pairs'),
  verdict: z.enum(REGRESSION_VERDICTS),
  noisePercent: percent.optional().describe('half the width of the interval'),
  smallestPercent: percent.optional().describe('the smallest change that would have been called'),
  note: z.string().optional().describe('what would settle it, or why there is nothing to compare'),
});

/** What alternating the processes of two builds came to. Times are ns. */
export const pairsSchema = z.object({
  schema: z.literal(PAIRS_SCHEMA),
  thresholdPercent: percent.describe('a change beyond it counts'),
  pairs: count.describe('of processes that were compared'),
  lost: z.array(z.string()).describe('why pairs are not counted, one entry a pair'),
  complete: z.boolean().describe('false: interrupted'),
  base: sourceSchema.optional().describe('absent: there was no pinbench in the base, and all rows are new'),
  head: sourceSchema,
  rows: z.array(row),
});

export type PairsComparison = z.infer<typeof pairsSchema>;
export type PairsRow = PairsComparison['rows'][number];

/** The JSON Schema (draft 2020-12) of what `ab --format json` prints. */
export function pairsJsonSchema(): unknown {
  return { title: PAIRS_SCHEMA, ...z.toJSONSchema(pairsSchema) };
}
