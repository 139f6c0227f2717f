import type { Kind, Sizes } from './option-kinds.js';
import { OPTION_ENTRIES, type ProgramName, type Settings, type Table, type ValueOf } from './options.js';

type PlanName = { [K in ProgramName]: Table[K] extends { plan: string } ? K : never }[ProgramName];
type FieldOf<K extends PlanName> = Table[K] extends { plan: infer Field extends string } ? Field : never;
/** The type of a recorded value: ranges of sizes are resolved to numbers. */
type Recorded<Value> = Value extends Sizes ? number[] : Value extends readonly string[] ? string[] : Value;
/**
 * The options that are always recorded: those with a default, and the batch sizes, which the dataset determines if they are not
 * given.
 */
type AlwaysName = {
  [K in PlanName]: K extends 'batch' ? K : Table[K] extends { default: unknown } ? K : never;
}[PlanName];

/** The options in a record's `plan`, by field name. */
export type PlanOptions = { [K in AlwaysName as FieldOf<K>]: Recorded<ValueOf<K>> } & {
  [K in Exclude<PlanName, AlwaysName> as FieldOf<K>]?: Recorded<Exclude<ValueOf<K>, undefined>> | undefined;
};

/** The options that a record keeps, from the settings and the resolved batch sizes. */
export function planOptionsOf(settings: Settings, batches: readonly number[]): PlanOptions {
  const entries = OPTION_ENTRIES.flatMap(([name, { plan }]) => {
    const value = name === 'batch' ? batches : settings[name as ProgramName];
    if (plan === undefined || value === undefined) return [];
    return [[plan, Array.isArray(value) ? [...value] : value]];
  });
  return Object.fromEntries(entries);
}

/** The options in which two records must agree to be comparable: the text of each value, by field name. */
export function comparableOptionsOf(plan: PlanOptions): Record<string, string> {
  const values: Readonly<Record<string, unknown>> = plan;
  return Object.fromEntries(
    OPTION_ENTRIES.filter(([, { comparable }]) => comparable).map(
      ([, { kind, plan: field, default: defaultValue }]) => {
        const value = values[field!] ?? defaultValue;
        if (value === undefined) return [field!, 'all'];
        return [field!, (kind as Kind<unknown, unknown>).write?.(value) ?? String(value)];
      },
    ),
  );
}

/** The parts of the plan line of the table, at most one per option. */
export function planLineOf(plan: PlanOptions): string[] {
  const values: Readonly<Record<string, unknown>> = plan;
  // With gathered rows there is no order of mini-batches to mention.
  const silent = plan.sampling === 'gather' ? ['shuffle'] : [];
  return OPTION_ENTRIES.flatMap(([, { plan: field, planLine }]) => {
    if (field === undefined || silent.includes(field) || values[field] === undefined) return [];
    return planLine?.(values[field]) ?? [];
  });
}
