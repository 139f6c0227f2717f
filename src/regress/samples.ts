import { median } from 'simple-statistics';
import { groupBy } from '../group-by.js';
import { nameOf, type RowName } from '../record/row-name.js';
import type { RunRecord } from '../record/schema.js';
import { inProcesses } from '../stats/ratio.js';
import type { Metric } from '../words.js';

/** The samples of a row that a comparison uses. */
export interface RowSamples {
  readonly row: RowName;
  /**
   * The figure shown to people, ns per step or the speedup over feed: the median over processes, and over records if there are
   * several.
   */
  readonly middle: number;
  /** One entry per round: the log of the cost, which is the time of a step or the reciprocal of the speedup. */
  readonly costs: readonly number[];
  /** One entry per process: the median of its log costs. */
  readonly levels: readonly number[];
  /** Number of records that contain the row. */
  readonly records: number;
}

/** Returns the key by which rows of two records are matched. */
export type Key = (row: RowName) => string;

const withoutWork: Key = (row) => nameOf({ ...row, work: 0 });

/**
 * If each side has a single work, rows are matched without it: the work then stands for the weight of the model, and a heavier
 * model is a slowdown like any other.
 */
export function keyFor(...sides: readonly (readonly RunRecord[])[]): Key {
  const single = sides.every((records) => new Set(records.flatMap(({ plan }) => plan.works)).size === 1);
  return single ? withoutWork : nameOf;
}

/** The measured rows of one side by their keys. The samples of several records are pooled. */
export function samplesOf(
  records: readonly RunRecord[],
  metric: Metric,
  keyOf: Key,
): Map<string, RowSamples> {
  const samples = records.flatMap((record) => samplesOfOne(record, metric));
  const rows = groupBy(samples, ({ row }) => keyOf(row));
  return new Map([...rows].map(([key, same]) => [key, together(same)]));
}

function together(samples: readonly RowSamples[]): RowSamples {
  return {
    row: samples[0]!.row,
    middle: median(samples.map(({ middle }) => middle)),
    costs: samples.flatMap(({ costs }) => costs),
    levels: samples.flatMap(({ levels }) => levels),
    records: samples.length,
  };
}

function samplesOfOne({ results }: RunRecord, metric: Metric): RowSamples[] {
  const measured = results.filter((result) => result.status === 'measured');
  const byName = new Map(measured.map((result) => [nameOf(result), result]));
  return measured.flatMap(
    ({ engine, strategy, batch, work, samplesNs, roundsPerProcess = [samplesNs.length] }) => {
      const row = { engine, strategy, batch, work };
      const mediansOf = (samples: readonly number[]) =>
        inProcesses(samples, roundsPerProcess).map((of) => median(of));
      const rowOf = (costs: readonly number[], middle: (levels: readonly number[]) => number): RowSamples => {
        const levels = mediansOf(costs);
        return { row, middle: middle(levels), costs, levels, records: 1 };
      };
      // The step time is that of the table of a run. The mean of two times in the middle differs from that of their logs.
      if (metric === 'step') return rowOf(samplesNs.map(Math.log), () => median(mediansOf(samplesNs)));
      const feed = byName.get(nameOf({ ...row, strategy: 'feed' }));
      if (strategy === 'feed' || feed === undefined) return [];
      // Rounds of one run are paired: each round gives a ratio, in which anything that slows both strategies cancels.
      const costs = samplesNs.map((ns, round) => Math.log(ns / feed.samplesNs[round]!));
      return rowOf(costs, (levels) => Math.exp(-median([...levels])));
    },
  );
}
