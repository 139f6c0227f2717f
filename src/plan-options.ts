import type { Sizes } from './option-kinds.js';
import { OPTION_ENTRIES, type ProgramName, type Settings, type Table, type ValueOf } from './options.js';

type PlanName = { [K in ProgramName]: Table[K] extends { plan: string } ? K : never }[ProgramName];
type FieldOf<K extends PlanName> = Table[K] extends { plan: infer Field extends string } ? Field : never;
/** Ranges are resolved before they are recorded. */
type Recorded<Value> = Value extends Sizes ? number[] : Value extends readonly string[] ? string[] : Value;
/** Fields that are always there: of options that have a default, and the batch sizes, which follow from the dataset. */
type AlwaysName = {
  [K in PlanName]: K extends 'batch' ? K : Table[K] extends { default: unknown } ? K : never;
}[PlanName];

/** The options that a record's `plan` keeps, by their fields there. */
export type PlanOptions = { [K in AlwaysName as FieldOf<K>]: Recorded<ValueOf<K>> } & {
  [K in Exclude<PlanName, AlwaysName> as FieldOf<K>]?: Recorded<Exclude<ValueOf<K>, undefined>> | undefined;
};

/** The options that a record keeps, from the settings and the batch sizes that they came to. */
export function planOptionsOf(settings: Settings, batches: readonly number[]): PlanOptions {
  const entries = OPTION_ENTRIES.flatMap(([name, { plan }]) => {
    const value = name === 'batch' ? batches : settings[name as ProgramName];
    if (plan === undefined || value === undefined) return [];
    return [[plan, Array.isArray(value) ? [...value] : value]];
  });
  return Object.fromEntries(entries);
}

/** What must be alike in two records for their times to be compared: the text of each such option, by its field. */
export function comparableOptionsOf(plan: PlanOptions): Record<string, string> {
  const values: Readonly<Record<string, unknown>> = plan;
  return Object.fromEntries(
    OPTION_ENTRIES.filter(([, { comparable }]) => comparable).map(
      ([, { plan: field, default: standard }]) => [field!, String(values[field!] ?? standard ?? 'all')],
    ),
  );
}

/** The parts of the plan line of the table, one an option. */
export function planLineOf(plan: PlanOptions): string[] {
  const values: Readonly<Record<string, unknown>> = plan;
  // Where rows are drawn one by one there is no order of mini-batches to speak of.
  const silent = plan.sampling === 'gather' ? ['shuffle'] : [];
  return OPTION_ENTRIES.flatMap(([, { plan: field, planLine }]) => {
    if (field === undefined || silent.includes(field) || values[field] === undefined) return [];
    return planLine?.(values[field]) ?? [];
  });
}
