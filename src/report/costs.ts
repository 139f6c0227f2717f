import type { Fit } from '../record/findings-schema.js';
import type { Findings } from '../record/schema.js';
import { formatDuration, formatInteger } from '../units.js';

type Estimate = NonNullable<Fit['fixedNs']>;

/** The cost of a step of each strategy over the batch sizes, a fixed part and a bandwidth, or why there is no such fit. */
export function costSentences({ fits }: Findings): string[] {
  const engines = new Set(fits.map(({ engine }) => engine));
  const works = new Set(fits.map(({ work }) => work));
  return fits.map((fit) => {
    const place = [...(engines.size > 1 ? [fit.engine] : []), fit.strategy].join(' ');
    const work = works.size > 1 ? `, work ${formatInteger(fit.work)}` : '';
    return `${place}${work}: ${fit.holds ? costOf(fit) : missed(fit)}`;
  });
}

function costOf({ fixedNs, bytesPerNs }: Fit): string {
  if (fixedNs === null && bytesPerNs === null)
    return 'these batch sizes determine neither a fixed cost nor a bandwidth';
  if (fixedNs === null)
    return `a step has no measurable fixed cost; its bytes move at ${bandwidth(bytesPerNs!)}`;
  const fixed = `a step costs ${formatDuration(fixedNs.value)} (${fixedNs.ci95.map(formatDuration).join('–')})`;
  return bytesPerNs === null
    ? `${fixed}, whatever the batch size`
    : `${fixed} plus its bytes at ${bandwidth(bytesPerNs)}`;
}

function missed({ farthest: { batch, percent } }: Fit): string {
  const side = percent > 0 ? 'more' : 'less';
  return `a fixed cost and a bandwidth do not explain the step times: at batch ${formatInteger(batch)} a step takes ${Math.abs(percent).toFixed(0)} % ${side} time than they predict`;
}

/** Bytes per ns are GB/s. */
function bandwidth({ value, ci95 }: Estimate): string {
  const digits = (gigabytes: number) => String(Number(gigabytes.toPrecision(3)));
  return `${digits(value)} GB/s (${ci95.map(digits).join('–')})`;
}
