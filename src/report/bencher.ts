import type { RunRecord } from '../record/schema.js';
import { measuredIn, nameOf } from './names.js';

/** Bencher Metric Format: for each row its latency in ns, with the 95 % interval for its bounds, and its throughput in rows a second. */
export function renderBencher(record: RunRecord): string {
  const metrics = measuredIn(record).map((result) => {
    const { median, ci95 } = result.stepNs;
    const latency = { value: median, ...(ci95 && { lower_value: ci95[0], upper_value: ci95[1] }) };
    return [nameOf(result), { latency, throughput: { value: result.rowsPerSecond } }];
  });
  return `${JSON.stringify(Object.fromEntries(metrics), null, 2)}\n`;
}
