import type { MeasuredResult, RunRecord } from '../record/schema.js';
import { measuredIn, nameOf } from './names.js';

/** Step times for github-action-benchmark's `customSmallerIsBetter`: an array of `{name, unit, value, range, extra}`, always in µs. */
export function renderActionTimes(record: RunRecord): string {
  return json(
    measuredIn(record).map((result) => {
      const { median, ci95 } = result.stepNs;
      return {
        name: nameOf(result),
        unit: 'us',
        value: median / 1000,
        ...(ci95 && { range: plusMinus((ci95[1] - ci95[0]) / 2000) }),
        extra: extraOf(record, result),
      };
    }),
  );
}

/** Speedups over feed for its `customBiggerIsBetter`: a file of its own, since a file has one direction. */
export function renderActionSpeedups(record: RunRecord): string {
  const results = measuredIn(record);
  return json(
    record.comparisons.map((comparison) => {
      const { speedup, ci95 } = comparison;
      const result = results.find((candidate) => nameOf(candidate) === nameOf(comparison));
      return {
        name: `${nameOf(comparison)}, speedup over feed`,
        unit: 'x',
        value: speedup,
        ...(ci95 && { range: plusMinus((ci95[1] - ci95[0]) / 2) }),
        ...(result && { extra: extraOf(record, result) }),
      };
    }),
  );
}

function extraOf({ dataset, pinbench }: RunRecord, { device, samplesNs }: MeasuredResult): string {
  const { rows, cols, dtype } = dataset;
  return `${device}, ${rows} × ${cols} ${dtype}, ${samplesNs.length} rounds, pinbench ${pinbench}`;
}

function plusMinus(half: number): string {
  return `± ${Number(half.toPrecision(3))}`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
