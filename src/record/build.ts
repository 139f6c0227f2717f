import { type Dataset, ELEMENT_BYTES, type LeftOut } from '../data/dataset.js';
import type { NotFinite } from '../data/not-finite.js';
import type { OpenedEngine } from '../engine/registry.js';
import { roundsOf } from '../measure/blocks.js';
import type { Environment } from '../measure/environment.js';
import type { Outcome } from '../measure/measure.js';
import type { Settings } from '../options.js';
import type { Plans } from '../plan/plan.js';
import { planOptionsOf } from '../plan-options.js';
import { casesOf } from './cases.js';
import { comparisonsOf } from './comparison.js';
import { resultOf } from './result.js';
import { RECORD_SCHEMA, type RunRecord } from './schema.js';
import { warningsOf } from './warnings.js';

/** Everything that goes into a record. */
export interface Ingredients {
  readonly version: string;
  readonly startedAt: Date;
  readonly argv: readonly string[];
  readonly dataset: Dataset;
  readonly notFinite: NotFinite;
  readonly settings: Settings;
  readonly plans: Plans;
  readonly environment: Environment;
  readonly engines: readonly OpenedEngine[];
  readonly outcome: Outcome;
}

/** Builds the record of a run. Pure: the same measurements always give the same figures. */
export function buildRecord(ingredients: Ingredients): RunRecord {
  const { version, startedAt, argv, settings, plans, environment, engines, outcome } = ingredients;
  const dataset = datasetOf(ingredients.dataset);
  const results = outcome.measurements.map(resultOf);
  const devices = engines.map(({ engine, device: { info, clocksCopies }, freeBytes }) => ({
    ...{ engine, ...info, clocksCopies, ...(freeBytes !== undefined && { freeBytes }) },
    ...outcome.devices[engine],
  }));
  const { overheadNsPerStep, incomplete } = outcome;
  return {
    schema: RECORD_SCHEMA,
    pinbench: version,
    complete: incomplete === undefined,
    ...(incomplete && { reason: incomplete.reason }),
    startedAt: startedAt.toISOString(),
    argv: [...argv],
    dataset,
    plan: { ...planOptionsOf(settings, plans.batches), rounds: settings.rounds ?? roundsOf(settings.epochs) },
    environment: { ...environment, devices, ...(overheadNsPerStep !== undefined && { overheadNsPerStep }) },
    results,
    comparisons: comparisonsOf(results, settings.modelNs),
    cases: casesOf(outcome.ended),
    warnings: warningsOf(dataset, devices, results, settings, plans, outcome, ingredients.notFinite),
  };
}

function datasetOf({
  path,
  format,
  dtype,
  castFrom,
  rows,
  cols,
  leftOut = [],
}: Dataset): RunRecord['dataset'] {
  const bytes = rows * cols * ELEMENT_BYTES[dtype];
  return {
    ...{ path, format, dtype, ...(castFrom !== undefined && { castFrom }), rows, cols, bytes },
    ...(leftOut.length > 0 && { leftOut: leftOutByReason(leftOut) }),
  };
}

/** Most names of left-out columns that a record lists per reason. There may be thousands. */
const NAMED = 8;

function leftOutByReason(leftOut: readonly LeftOut[]): RunRecord['dataset']['leftOut'] {
  const reasons = [...new Set(leftOut.map(({ why }) => why))];
  return reasons.map((why) => {
    const columns = leftOut.filter((column) => column.why === why);
    return { why, columns: columns.length, names: columns.slice(0, NAMED).map(({ name }) => name) };
  });
}
