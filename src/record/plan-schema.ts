import { z } from 'zod';
import type { Kind } from '../option-kinds.js';
import { OPTION_ENTRIES } from '../options.js';
import type { PlanOptions } from '../plan-options.js';

const positive = z.int().positive();

/** The schema of the options that a record keeps. Options without a default are present only if they were given. */
export const planOptionsSchema = z.object(
  Object.fromEntries(
    OPTION_ENTRIES.flatMap(([name, { plan, kind, help, ...rest }]) => {
      if (plan === undefined) return [];
      const field = schemaOf(kind).describe(help);
      // The batch sizes are always present, because the dataset determines them if --batch is not given.
      return [[plan, 'default' in rest || name === 'batch' ? field : field.optional()]];
    }),
  ),
) as unknown as z.ZodType<PlanOptions>;

function schemaOf({ type, words }: Kind<unknown, unknown>): z.ZodType {
  switch (type) {
    case 'whole':
      return z.int().nonnegative();
    case 'sizes':
    case 'wholes':
      return z.array(positive).min(1);
    case 'word':
      return z.enum(words as [string, ...string[]]);
    case 'words':
    case 'names':
      return z.array(z.string());
    case 'number':
      return z.number().nonnegative();
    case 'text':
      return z.string();
    case 'switch':
      return z.boolean();
  }
}
