import { WARM_UP_NS } from '../options.js';
import { attempt, live } from './failure.js';
import type { Row } from './row.js';

/** Warm-up of each row is cut into about this many pieces. */
const PIECES = 20;

/**
 * Rehearses the rounds: the rows run pieces of steps in turn, as they will when they are timed, until each has run for the least
 * time, and for `steps` steps or the most time. One row after the other would not do: what they share is compiled for the first of
 * them, and again when the second runs.
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
