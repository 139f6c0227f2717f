import { WARM_UP_NS } from '../options.js';
import { attempt, live } from './failure.js';
import type { Row } from './row.js';

/** Number of pieces into which the shortest warm-up of a row is divided. */
const PIECES = 20;

/**
 * Rehearses the rounds: the rows run pieces of steps in turn, as they do when they are timed. Each row runs for the shortest
 * warm-up time, and then until it has run `steps` steps or for the longest time. Warming up one row after the other would not be
 * enough: shared code is compiled for the first row and again when the second runs.
 */
export async function warmUp(rows: readonly Row[], steps: number, onRow: (row: Row) => void): Promise<void> {
  const done = new Map(rows.map((row) => [row, { steps: 0, ns: 0 }]));
  const isCold = (row: Row) => {
    const { steps: ran, ns } = done.get(row)!;
    return ns < WARM_UP_NS.least || (ran < steps && ns < WARM_UP_NS.most);
  };
  for (let cold = live(rows).filter(isCold); cold.length > 0; cold = live(rows).filter(isCold)) {
    for (const row of cold) {
      onRow(row);
      const run = await attempt(row, () => row.rehearse(WARM_UP_NS.least / PIECES));
      const sum = done.get(row)!;
      if (run !== undefined) done.set(row, { steps: sum.steps + run.steps, ns: sum.ns + run.ns });
    }
  }
}
