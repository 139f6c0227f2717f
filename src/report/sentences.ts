import type { Cell } from '../record/cell.js';
import type { Comparison, DeviceRecord, RunRecord } from '../record/schema.js';
import { formatBytes, formatDuration, formatInteger, formatRatio, formatRatios } from '../units.js';
import type { Line } from './layout.js';
import type { Named } from './named.js';

/** Everything that is said under the table, in order; of several records what all say once, and else who says it. */
export function linesOf(records: readonly Named[]): Line[] {
  const said = new Map<string, { line: Line; by: Set<Named> }>();
  for (const named of records) {
    for (const line of linesOfOne(named.record, records.length === 1)) {
      const key = `${line.label}\n${line.text}`;
      if (!said.has(key)) said.set(key, { line, by: new Set() });
      said.get(key)!.by.add(named);
    }
  }
  const lines = [...said.values()].map(({ line: { label, text }, by }) => {
    const names = [...by].map(({ name }) => name).join(', ');
    return { label, text: by.size === records.length ? text : `${names}: ${text}` };
  });
  return LABELS_IN_ORDER.flatMap((label) => lines.filter((line) => line.label === label));
}

/** `alone`: with what the run took down of its own machine at that hour, which is not what several are compared by. */
function linesOfOne(record: RunRecord, alone: boolean): Line[] {
  return [
    ...record.environment.devices.map((device) => line('device', deviceSentence(device, alone))),
    line('dataset', datasetSentence(record.dataset)),
    line('plan', planSentence(record.plan)),
    ...(alone ? harness(record) : []),
    ...skippedSentences(record).map((text) => line('skipped', text)),
    ...record.comparisons.map((comparison) => line('verdict', verdictSentence(comparison, record))),
    ...record.warnings
      .filter(({ code }) => !SAID_ELSEWHERE.includes(code))
      .map(({ message }) => line('warning', message)),
    ...(record.complete
      ? []
      : [line('warning', 'interrupted: only whole rounds are counted, some may be missing')]),
  ];
}

function line(label: Line['label'], text: string): Line {
  return { label, text };
}

const LABELS_IN_ORDER = ['device', 'dataset', 'plan', 'harness', 'skipped', 'verdict', 'warning'] as const;

/** What a row is called in a sentence. */
export function rowNameOf({ engine, strategy, batch, work }: Cell): string {
  return `${engine} ${strategy}, batch ${formatInteger(batch)}, work ${formatInteger(work)}`;
}

/** Warnings that the device and dataset lines already give. */
const SAID_ELSEWHERE = ['cast', 'no-gpu'];

function deviceSentence(device: DeviceRecord, alone: boolean): string {
  const { engine, name, runtime, driver, link, floorNs, gpu, clocksCopies } = device;
  const label = gpu ? '' : '; no GPU: these figures say nothing about one';
  const copies = clocksCopies || !gpu ? '' : '; the framework decides when bytes move';
  const known = [
    `${engine}: ${name}, ${runtime}`,
    ...(driver === undefined ? [] : [`driver ${driver}`]),
    ...(link === undefined ? [] : [`PCIe ${link.generation} ×${link.width}`]),
    ...(floorNs === undefined || !alone ? [] : [`an empty launch and wait takes ${formatDuration(floorNs)}`]),
  ];
  return `${known.join(', ')}${copies}${label}`;
}

function datasetSentence({ path, rows, cols, dtype, castFrom, bytes }: RunRecord['dataset']): string {
  const cast = castFrom === undefined ? '' : `, cast from ${castFrom}`;
  return `${path}: ${formatInteger(rows)} × ${formatInteger(cols)} ${dtype}${cast}, ${formatBytes(bytes)}`;
}

function planSentence({
  epochs,
  rounds,
  warmup,
  shuffle,
  sampling,
  seed,
  remainder,
  fetch,
}: RunRecord['plan']): string {
  const drawn = sampling === 'gather' ? 'rows drawn anew every epoch' : `mini-batches in ${ORDERS[shuffle]}`;
  return (
    `${formatInteger(epochs)} epochs in ${rounds} rounds after ${warmup} to warm up; ${drawn}, seed ${seed}; ` +
    `remainder ${remainder === 'drop' ? 'dropped' : 'kept'}; scalars fetched every ${fetch}`
  );
}

const ORDERS = {
  once: 'one shuffled order',
  epoch: 'a new shuffled order every epoch',
  none: 'file order',
} as const;

function harness({ environment: { overheadNsPerStep } }: RunRecord): Line[] {
  if (overheadNsPerStep === undefined) return [];
  return [line('harness', `pinbench itself costs ${formatDuration(overheadNsPerStep)} of each step`)];
}

/** One sentence a reason: `cpu feed-locked, zero-copy: TensorFlow.js cannot page-lock host memory`. */
function skippedSentences({ results }: RunRecord): string[] {
  const byReason = new Map<string, Set<string>>();
  for (const result of results) {
    if (result.status !== 'skipped') continue;
    const key = `${result.engine}\n${result.reason}`;
    byReason.set(key, (byReason.get(key) ?? new Set()).add(result.strategy));
  }
  return [...byReason].map(([key, strategies]) => {
    const [engine, reason] = key.split('\n');
    return `${engine} ${[...strategies].join(', ')}: ${reason}`;
  });
}

/** One plain sentence, such as "pin is 1.31× faster (1.29–1.33); its upload pays for itself after 14 steps". */
export function verdictSentence(comparison: Comparison, record: RunRecord): string {
  return `${cellPrefix(comparison, record)}${claim(comparison, record)}${prediction(comparison, record)}`;
}

function claim({ strategy, speedup, ci95, verdict, breakEvenSteps }: Comparison, record: RunRecord): string {
  if (ci95 === null) return `no verdict on ${strategy}: too few rounds for a 95 % interval`;
  const [shown, lo, hi] = formatRatios(speedup, ...ci95) as [string, string, string];
  switch (verdict) {
    case 'faster':
      return `${strategy} is ${shown}× faster (${lo}–${hi})${payback(breakEvenSteps)}`;
    case 'slower': {
      const [times, least, most] = formatRatios(1 / speedup, 1 / ci95[1], 1 / ci95[0]);
      return `${strategy} is ${times}× slower (${least}–${most})`;
    }
    case 'same':
      return `${strategy} and feed take the same time, within 1 % (${lo}–${hi})`;
    case 'inconclusive': {
      const more = record.plan.epochs < 1000 ? `--epochs ${record.plan.epochs * 4}` : '--until 1';
      return `undecided: ${strategy} runs at ${lo}× to ${hi}× the speed of feed; ${more} may tell`;
    }
  }
}

function payback(breakEvenSteps: number | null): string {
  if (breakEvenSteps === null) return '';
  if (breakEvenSteps === 0) return '; its setup costs no more than that of feed';
  const steps = `${formatInteger(breakEvenSteps)} step${breakEvenSteps === 1 ? '' : 's'}`;
  return `; its upload pays for itself after ${steps}`;
}

function prediction({ modelSpeedup }: Comparison, { plan: { modelNs } }: RunRecord): string {
  if (modelSpeedup === undefined || modelNs === undefined) return '';
  return `; with a model of ${formatDuration(modelNs)} a step on top it would be ${formatRatio(modelSpeedup)}×`;
}

function cellPrefix({ engine, batch, work }: Comparison, { plan, environment }: RunRecord): string {
  const parts = [
    ...(environment.devices.length > 1 ? [engine] : []),
    ...(plan.batches.length > 1 ? [`batch ${formatInteger(batch)}`] : []),
    ...(plan.works.length > 1 ? [`work ${work}`] : []),
  ];
  return parts.length === 0 ? '' : `${parts.join(', ')}: `;
}
