import { formatInteger } from '../../units.js';
import { axisX, axisY, gridY, type Markish, type PlotOptions, text } from './plot.js';
import { batchTicks, type Domain, logDomain, logPosition, logTicks } from './scales.js';

/** Size of a chart, px. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Width of a character in a chart, px. */
export const CHARACTER = 7.2;
/** Height of a line of text in a chart, px. */
export const LINE = 16;

/** The outline that keeps text readable where it crosses a line. */
export const HALO = { stroke: 'var(--ground)', strokeWidth: 5 } as const;

/** A logarithmic scale that several charts may share. */
export interface Scale {
  readonly domain: Domain;
  readonly name: string;
  readonly format: (value: number) => string;
}

/** A chart over batch sizes without its data: size, axes and grid. */
export interface Frame {
  readonly options: PlotOptions;
  readonly axes: readonly Markish[];
  readonly grid: readonly Markish[];
  /** The size within the margins. */
  readonly inner: Size;
  /** The place of a value, px from the top. */
  readonly placeOf: (value: number) => number;
  /** The value that is drawn `pixels` px above the chart. */
  readonly valueAbove: (pixels: number) => number;
  /** The range in which labels may stand, px from the top. */
  readonly bounds: Domain;
}

/** `batches` are ascending; `above` is the room for text above the chart, px; `labels` are the texts to the right of it. */
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

/** The name of an axis, placed where it does not cover the axis. */
export function axisName(name: string, where: object): Markish {
  return text([name], { ...where, text: () => name, fill: 'var(--muted)' });
}
