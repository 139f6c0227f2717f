import { z } from 'zod';
import { ENGINES, METRICS, REGRESSION_VERDICTS, STRATEGIES } from '../words.js';

/** The name and version of what `compare --format json` prints. */
export const COMPARISON_SCHEMA = 'pinbench/comparison@1';

const positive = z.int().positive();
const level = z.number().positive();
const percent = z.number().positive();

/** A record that took part in a comparison. */
export const sourceSchema = z
  .object({
    path: z.string(),
    startedAt: z.iso.datetime(),
    commit: z
      .string()
      .optional()
      .describe('git commit of the working directory; "changed" if tracked files differed from it'),
    complete: z.boolean().describe('false: the run was interrupted, and some rows may be missing'),
    devices: z.array(z.string()).describe('the device of each engine, as "engine: device"'),
  })
  .describe('a record that was compared');

const row = z
  .object({
    engine: z.enum(ENGINES),
    strategy: z.enum(STRATEGIES),
    batch: positive.describe('rows per mini-batch'),
    work: positive.describe('how often the graph runs per mini-batch'),
    baseWork: positive.optional().describe("work of the base, if it differs from the head's"),
    base: level
      .optional()
      .describe(
        'median of the base: ns per step, or the speedup over feed; absent if the base lacks the row',
      ),
    head: level.optional().describe('median of the head, in the same unit; absent if the head lacks the row'),
    change: level
      .optional()
      .describe('head divided by base: above 1 is slower for times, below 1 for speedups'),
    ci95: z
      .tuple([z.number(), z.number()])
      .nullable()
      .optional()
      .describe('95 % interval of the change; null with too few samples'),
    p: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('p-value of the Mann–Whitney test, corrected for the number of rows (Holm)'),
    verdict: z.enum(REGRESSION_VERDICTS),
    note: z
      .string()
      .optional()
      .describe('what would settle an inconclusive row, or why there is nothing to compare'),
  })
  .describe('a row of both sides or of only one');

/** The result of comparing the records of two sides. Times are ns. */
export const comparisonSchema = z.object({
  schema: z.literal(COMPARISON_SCHEMA),
  metric: z.enum(METRICS).describe('the compared quantity: the time of a step, or the speedup over feed'),
  thresholdPercent: percent.describe('only a larger change counts'),
  bases: z.array(sourceSchema).min(1),
  heads: z.array(sourceSchema).min(1),
  otherData: z
    .boolean()
    .describe('true: the epoch sums differ, so the sides measured different values of the same shape'),
  rows: z.array(row),
});

export type Regression = z.infer<typeof comparisonSchema>;
export type RegressionRow = z.infer<typeof row>;
export type Source = z.infer<typeof sourceSchema>;

/** The JSON Schema (draft 2020-12) of what `compare --format json` prints. */
export function comparisonJsonSchema(): unknown {
  return { title: COMPARISON_SCHEMA, ...z.toJSONSchema(comparisonSchema) };
}
