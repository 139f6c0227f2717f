import type { Fit } from '../record/findings-schema.js';
import type { RunRecord } from '../record/schema.js';
import { type CostFit, fitCost } from '../stats/cost-fit.js';
import { batchBytesOf, type Sweep, sweepsOf } from './sweep.js';

/** A size this far from the line says that there is none: a cache ends there, say. */
const HOLDS_WITHIN = 1.15;

/** A strategy's fit over the batch sizes, as it is and as a record keeps it. */
export interface FittedSweep {
  readonly sweep: Sweep;
  readonly fit: Fit;
  /** Where it holds. */
  readonly line: CostFit | undefined;
}

/** A fixed cost and a bandwidth of every strategy that has five batch sizes or more. */
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
