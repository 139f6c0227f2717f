import type { Fit } from '../record/findings-schema.js';
import type { RunRecord } from '../record/schema.js';
import { type CostFit, fitCost } from '../stats/cost-fit.js';
import { batchBytesOf, type Sweep, sweepsOf } from './sweep.js';

/**
 * The fit does not hold if a batch size is farther from the line than this factor, for example because a cache is exceeded there.
 */
const HOLDS_WITHIN = 1.15;

/** A strategy's fit over the batch sizes: the line and the form that a record keeps. */
export interface FittedSweep {
  readonly sweep: Sweep;
  readonly fit: Fit;
  /** The line, if the fit holds. */
  readonly line: CostFit | undefined;
}

/** The fixed cost and the bandwidth of every strategy that has five batch sizes or more. */
export function fitsOf(record: RunRecord): FittedSweep[] {
  return sweepsOf(record).flatMap((sweep) => fitOf(record, sweep) ?? []);
}

function fitOf(record: RunRecord, sweep: Sweep): FittedSweep | undefined {
  const { engine, work, strategy, rows } = sweep;
  const points = rows.map(({ batch, stepNs }) => ({ bytes: batchBytesOf(record, batch), ns: stepNs.median }));
  const line = fitCost(points);
  if (line === undefined) return undefined;
  const { farthest, largestResidual } = line;
  const holds = largestResidual <= HOLDS_WITHIN;
  const fit: Fit = {
    ...{ engine, work, strategy, batches: rows.map(({ batch }) => batch), holds },
    farthest: {
      batch: rows[points.indexOf(farthest)]!.batch,
      percent: (farthest.ns / line.at(farthest.bytes) - 1) * 100,
    },
    fixedNs: holds ? kept(line.fixedNs) : null,
    bytesPerNs: holds ? kept(line.bytesPerNs) : null,
  };
  return { sweep, fit, line: holds ? line : undefined };
}

function kept(estimate: CostFit['fixedNs']): Fit['fixedNs'] {
  return estimate === undefined ? null : { value: estimate.value, ci95: [...estimate.ci95] };
}
