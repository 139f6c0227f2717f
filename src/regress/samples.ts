import { median } from 'simple-statistics';
import { groupBy } from '../group-by.js';
import { nameOf, type RowName } from '../record/row-name.js';
import type { RunRecord } from '../record/schema.js';
import { inProcesses } from '../stats/ratio.js';
import type { Metric } from '../words.js';

/** A row of a record, as far as it is compared. */
export interface Sample {
  readonly row: RowName;
  /** As people read it: ns a step or the speedup over feed, the median of the rounds; of several records the median of theirs. */
  readonly middle: number;
  /** A round each: the log of what is to be small, the time of a step or one over the speedup. */
  readonly costs: readonly number[];
  /** A process each: the median of its costs. */
  readonly levels: readonly number[];
  /** How many records have it. */
  readonly records: number;
}

/** The text a row is matched by. */
export type Key = (row: RowName) => string;

const withoutWork: Key = (row) => nameOf({ ...row, work: 0 });

/** Where each side has a single work, it is how heavy the model was, and a heavier one is a slowdown like any other. */
export function keyFor(...sides: readonly (readonly RunRecord[])[]): Key {
  const single = sides.every((records) => new Set(records.flatMap(({ plan }) => plan.works)).size === 1);
  return single ? withoutWork : nameOf;
}

/** The measured rows of one side, by what they are matched by; those of several records are taken together. */
export function samplesOf(records: readonly RunRecord[], metric: Metric, keyOf: Key): Map<string, Sample> {
  const samples = records.flatMap((record) => samplesOfOne(record, metric));
  const rows = groupBy(samples, ({ row }) => keyOf(row));
  return new Map([...rows].map(([key, same]) => [key, together(same)]));
}

function together(samples: readonly Sample[]): Sample {
  return {
    row: samples[0]!.row,
    middle: median(samples.map(({ middle }) => middle)),
    costs: samples.flatMap(({ costs }) => costs),
    levels: samples.flatMap(({ levels }) => levels),
    records: samples.length,
  };
}

function samplesOfOne({ results }: RunRecord, metric: Metric): Sample[] {
  const measured = results.filter((result) => result.status === 'measured');
  const byName = new Map(measured.map((result) => [nameOf(result), result]));
  return measured.flatMap(
    ({ engine, strategy, batch, work, samplesNs, roundsPerProcess = [samplesNs.length] }) => {
      const row = { engine, strategy, batch, work };
      if (metric === 'step') return sampleOf(row, samplesNs.map(Math.log), roundsPerProcess, Math.exp);
      const feed = byName.get(nameOf({ ...row, strategy: 'feed' }));
      if (strategy === 'feed' || feed === undefined) return [];
      // Rounds of one run are paired: a ratio a round, in which what slows both cancels.
      const costs = samplesNs.map((ns, round) => Math.log(ns / feed.samplesNs[round]!));
      return sampleOf(row, costs, roundsPerProcess, (cost) => Math.exp(-cost));
    },
  );
}

function sampleOf(
  row: RowName,
  costs: readonly number[],
  roundsPerProcess: readonly number[],
  middleOf: (cost: number) => number,
): Sample {
  const levels = inProcesses(costs, roundsPerProcess).map((of) => median(of));
  return { row, middle: middleOf(median(levels)), costs, levels, records: 1 };
}
