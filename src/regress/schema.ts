import { z } from 'zod';
import { ENGINES, METRICS, REGRESSION_VERDICTS, STRATEGIES } from '../words.js';

/** The name and version of what `compare --format json` prints. */
export const COMPARISON_SCHEMA = 'pinbench/comparison@1';

const positive = z.int().positive();
const level = z.number().positive();
const percent = z.number().positive();

/** A record that was compared. */
export const sourceSchema = z
  .object({
    path: z.string(),
    startedAt: z.iso.datetime(),
    commit: z.string().optional().describe('of the repository it was run in; "changed" where files differed'),
    complete: z.boolean().describe('false: the run was interrupted, and some rows may be missing'),
    devices: z.array(z.string()).describe('each engine with its device'),
  })
  .describe('a record that was compared');

const row = z
  .object({
    engine: z.enum(ENGINES),
    strategy: z.enum(STRATEGIES),
    batch: positive.describe('rows per mini-batch'),
    work: positive.describe('graph passes per mini-batch'),
    baseWork: positive.optional().describe("work of the base, where it is another than the head's"),
    base: level
      .optional()
      .describe('median of the base: ns a step, or the speedup over feed; absent where it lacks the row'),
    head: level.optional().describe('median of the head, in the same unit; absent where it lacks the row'),
    change: level.optional().describe('head over base: of times, above 1 is slower; of speedups, below 1 is'),
    ci95: z
      .tuple([z.number(), z.number()])
      .nullable()
      .optional()
      .describe('95 % interval of the change; null where there are too few samples for one'),
    p: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('of the Mann–Whitney test, corrected for the number of rows (Holm)'),
    verdict: z.enum(REGRESSION_VERDICTS),
    note: z.string().optional().describe('what would settle it, or why there is nothing to compare'),
  })
  .describe('one row of both sides, or of one of them');

/** What comparing the records of two sides came to. Times are ns. */
export const comparisonSchema = z.object({
  schema: z.literal(COMPARISON_SCHEMA),
  metric: z.enum(METRICS).describe('what is compared: the time of a step, or the speedup over feed'),
  thresholdPercent: percent.describe('a change beyond it counts'),
  bases: z.array(sourceSchema).min(1),
  heads: z.array(sourceSchema).min(1),
  otherData: z
    .boolean()
    .describe('the sums of an epoch differ: data of the same shape with other values was measured'),
  rows: z.array(row),
});

export type Regression = z.infer<typeof comparisonSchema>;
export type RegressionRow = z.infer<typeof row>;
export type Source = z.infer<typeof sourceSchema>;

/** The JSON Schema (draft 2020-12) of what `compare --format json` prints. */
export function comparisonJsonSchema(): unknown {
  return { title: COMPARISON_SCHEMA, ...z.toJSONSchema(comparisonSchema) };
}
