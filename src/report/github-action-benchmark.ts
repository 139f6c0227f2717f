import { nameOf } from '../record/row-name.js';
import type { MeasuredResult, RunRecord } from '../record/schema.js';
import type { Interval } from '../stats/interval.js';
import { jsonText } from '../text.js';
import { counted } from '../units.js';
import type { Named } from './named.js';
import { measuredIn, notEmpty, sixDigits } from './services.js';

/** Step times for github-action-benchmark's `customSmallerIsBetter`: an array of `{name, unit, value, range, extra}`, in µs. */
export function renderActionTimes(named: Named): string {
  return json(
    measuredIn(named).map((result) => {
      const { median, ci95 } = result.stepNs;
      return {
        name: nameOf(result),
        unit: 'us',
        value: sixDigits(median / 1000),
        ...(ci95 && { range: plusMinus(median / 1000, [ci95[0] / 1000, ci95[1] / 1000]) }),
        extra: extraOf(named.record, result),
      };
    }),
  );
}

/** Speedups over feed for its `customBiggerIsBetter`: a separate file, because one file cannot contain both kinds. */
export function renderActionSpeedups(named: Named): string {
  const results = new Map(measuredIn(named).map((result) => [nameOf(result), result]));
  return json(
    notEmpty(named.name, 'speedup over feed', named.record.comparisons).map((comparison) => {
      const { speedup, ci95 } = comparison;
      const result = results.get(nameOf(comparison));
      return {
        name: `${nameOf(comparison)}, speedup over feed`,
        unit: 'x',
        value: sixDigits(speedup),
        ...(ci95 && { range: plusMinus(speedup, ci95) }),
        ...(result && { extra: extraOf(named.record, result) }),
      };
    }),
  );
}

function extraOf({ dataset, pinbench }: RunRecord, { device, samplesNs }: MeasuredResult): string {
  const { rows, cols, dtype } = dataset;
  return `${device}, ${rows} × ${cols} ${dtype}, ${counted(samplesNs.length, 'round')}, pinbench ${pinbench}`;
}

/** The wider side of an interval, since the action accepts only one width. */
function plusMinus(value: number, [lo, hi]: Interval): string {
  return `± ${Number(Math.max(value - lo, hi - value).toPrecision(3))}`;
}

function json(value: unknown): string {
  return jsonText(value);
}
