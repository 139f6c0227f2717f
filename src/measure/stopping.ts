import { pairedSpeedup, widthPercent } from '../stats/ratio.js';

/** With `--until`, at most this many times the planned rounds. */
export const MAX_EXTENSION = 10;
/** A budget never shrinks a cell below this many epochs, one a round. */
export const MIN_EPOCHS = 10;

/** The widest 95 % interval of the speedups over the first strategy, in percent; infinite while there is none. */
export function widestIntervalPercent(samplesNs: readonly (readonly number[])[]): number {
  const [baseline, ...others] = samplesNs;
  if (baseline === undefined || others.length === 0) return 0;
  return Math.max(
    ...others.map((samples) => {
      const { ci95 } = pairedSpeedup(baseline, samples);
      return ci95 === null ? Number.POSITIVE_INFINITY : widthPercent(ci95);
    }),
  );
}

/** Epochs a cell can afford: as many as were asked for, fewer where `budgetNs` would be overrun, never under `MIN_EPOCHS` of them. */
export function affordableEpochs(asked: number, epochNs: number, budgetNs: number): number {
  return Math.min(asked, Math.max(MIN_EPOCHS, Math.floor(budgetNs / epochNs)));
}
