import { formatInteger } from '../../units.js';
import { axisX, axisY, gridY, type Markish, type PlotOptions, text } from './plot.js';
import { batchTicks, type Domain, logDomain, logPosition, logTicks } from './scales.js';

/** Room for a chart, px. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Of a character in a chart, px. */
export const CHARACTER = 7.2;
/** A line of text in a chart, px. */
export const LINE = 16;

/** Of words that stay readable over a line. */
export const HALO = { stroke: 'var(--ground)', strokeWidth: 5 } as const;

/** A logarithmic scale that several charts may have in common. */
export interface Scale {
  readonly domain: Domain;
  readonly name: string;
  readonly format: (value: number) => string;
}

/** A chart over the rows of a mini-batch but for what it shows. */
export interface Frame {
  readonly options: PlotOptions;
  readonly axes: readonly Markish[];
  readonly grid: readonly Markish[];
  /** Within the margins. */
  readonly inner: Size;
  /** Where a value is drawn, px from the top. */
  readonly placeOf: (value: number) => number;
  /** What is drawn so many px over the chart. */
  readonly valueAbove: (pixels: number) => number;
  /** From where to where there is room for labels, px from the top. */
  readonly bounds: Domain;
}

/** `batches`, ascending; `above`: room for lines of text over the chart; `labels`: what is written to the right of it. */
export function frame(
  y: Scale,
  batches: readonly number[],
  { width, height }: Size,
  { above, labels }: { readonly above: number; readonly labels: readonly string[] },
): Frame {
  const yTicks = logTicks(y.domain, height > 300 ? 8 : 6);
  const [marginTop, marginBottom] = [24 + above, 46];
  const marginLeft = 12 + CHARACTER * Math.max(...yTicks.map((tick) => y.format(tick).length));
  const marginRight = 14 + CHARACTER * Math.max(1, ...labels.map(({ length }) => length));
  const xDomain: Domain = batches.length > 1 ? [batches[0]!, batches.at(-1)!] : logDomain(batches);
  const inner = { width: width - marginLeft - marginRight, height: height - marginTop - marginBottom };
  return {
    options: {
      ...{ width, height, marginTop, marginBottom, marginLeft, marginRight },
      x: { type: 'log', domain: [...xDomain], label: null },
      y: { type: 'log', domain: [...y.domain], label: null },
    },
    grid: [gridY(yTicks, { stroke: 'var(--line)', strokeOpacity: 1 })],
    axes: [
      axisY(yTicks, { text: y.format, tickSize: 0, tickPadding: 8, fill: 'var(--muted)' }),
      axisX(batchTicks(batches, xDomain, inner.width), {
        ...{ text: formatInteger, tickSize: 4, tickPadding: 5, fill: 'var(--muted)', stroke: 'var(--line)' },
      }),
      axisName(y.name, {
        ...{ frameAnchor: 'top-left', textAnchor: 'start', lineAnchor: 'top' },
        ...{ dx: -marginLeft, dy: -marginTop },
      }),
      axisName('batch size (rows)', { frameAnchor: 'bottom', lineAnchor: 'bottom', dy: marginBottom - 2 }),
    ],
    inner,
    placeOf: (value) => marginTop + inner.height * (1 - logPosition(value, y.domain)),
    valueAbove: (pixels) => y.domain[1] * (y.domain[1] / y.domain[0]) ** (pixels / inner.height),
    bounds: [marginTop + 4, height - marginBottom - 4],
  };
}

/** What an axis is called, where it does not disturb it. */
export function axisName(name: string, where: object): Markish {
  return text([name], { ...where, text: () => name, fill: 'var(--muted)' });
}
