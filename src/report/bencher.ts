import { nameOf } from '../record/row-name.js';
import { jsonText } from '../text.js';
import type { Named } from './named.js';
import { measuredIn, sixDigits } from './services.js';

const NS_PER_SECOND = 1e9;

/** Bencher Metric Format: for each row the step time in ns, with its 95 % interval as bounds, and the steps per second. */
export function renderBencher(named: Named): string {
  const metrics = measuredIn(named).map((result) => {
    const { median, ci95 } = result.stepNs;
    const [lo, hi] = ci95?.map(sixDigits) ?? [];
    const latency = { value: sixDigits(median), ...(ci95 && { lower_value: lo, upper_value: hi }) };
    return [nameOf(result), { latency, throughput: { value: sixDigits(NS_PER_SECOND / median) } }];
  });
  return jsonText(Object.fromEntries(metrics));
}
