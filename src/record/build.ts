import { type Dataset, ELEMENT_BYTES } from '../data/dataset.js';
import type { OpenedEngine } from '../engine/registry.js';
import type { Environment } from '../measure/environment.js';
import type { Outcome } from '../measure/measure.js';
import { type PlanRequest, roundsOf } from '../plan/plan.js';
import type { DTypeRequest } from '../words.js';
import { comparisonsOf } from './comparison.js';
import { resultOf } from './result.js';
import { RECORD_SCHEMA, type RunRecord } from './schema.js';
import { warningsOf } from './warnings.js';

/** All that a record is made of. */
export interface Ingredients {
  readonly version: string;
  readonly startedAt: Date;
  readonly argv: readonly string[];
  readonly dataset: Dataset;
  readonly request: PlanRequest & { readonly dtype: DTypeRequest; readonly modelNs?: number | undefined };
  readonly environment: Environment;
  readonly engines: readonly OpenedEngine[];
  readonly outcome: Outcome;
}

/** Makes the record of a run: pure, so that two readers of the same measurements see the same figures. */
export function buildRecord(ingredients: Ingredients): RunRecord {
  const { version, startedAt, argv, request, environment, engines, outcome } = ingredients;
  const dataset = datasetOf(ingredients.dataset);
  const results = outcome.measurements.map(resultOf);
  const devices = engines.map(({ engine, device }) => ({
    engine,
    info: device.info,
    clocksCopies: device.clocksCopies,
  }));
  const { overheadNsPerStep, floorNs, links } = outcome;
  return {
    schema: RECORD_SCHEMA,
    pinbench: version,
    complete: outcome.complete,
    startedAt: startedAt.toISOString(),
    argv: [...argv],
    dataset,
    plan: planOf(request),
    environment: {
      ...environment,
      devices: devices.map(({ engine, info, clocksCopies }) => ({
        engine,
        ...info,
        clocksCopies,
        ...(links?.[engine] !== undefined && { link: links[engine] }),
        ...(floorNs?.[engine] !== undefined && { floorNs: floorNs[engine] }),
      })),
      ...(overheadNsPerStep !== undefined && { overheadNsPerStep }),
    },
    results,
    comparisons: comparisonsOf(results, request.modelNs),
    warnings: warningsOf(dataset, devices, results, outcome),
  };
}

function datasetOf({ path, format, dtype, castFrom, rows, cols }: Dataset): RunRecord['dataset'] {
  const bytes = rows * cols * ELEMENT_BYTES[dtype];
  return { path, format, dtype, ...(castFrom !== undefined && { castFrom }), rows, cols, bytes };
}

function planOf({ batches, works, modelNs, ...rest }: Ingredients['request']): RunRecord['plan'] {
  return {
    batches: [...batches],
    epochs: rest.epochs,
    warmup: rest.warmup,
    rounds: roundsOf(rest.epochs),
    shuffle: rest.shuffle,
    sampling: rest.sampling,
    seed: rest.seed,
    remainder: rest.remainder,
    fetch: rest.fetch,
    readback: rest.readback,
    works: [...works],
    dtype: rest.dtype,
    ...(modelNs !== undefined && { modelNs }),
  };
}
