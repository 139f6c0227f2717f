import { findingsOf } from '../analysis/findings.js';
import { groupBy } from '../group-by.js';
import { planLineOf } from '../plan-options.js';
import { caseNameOf } from '../record/row-name.js';
import type { DeviceRecord, MeasuredResult, RunRecord } from '../record/schema.js';
import { shown } from '../text.js';
import { counted, formatBytes, formatDuration, formatInteger } from '../units.js';
import { costSentences } from './costs.js';
import type { Line } from './layout.js';
import type { Named } from './named.js';
import { warningSentences } from './warnings.js';

type LeftOut = NonNullable<RunRecord['dataset']['leftOut']>[number];

/** The lines under the table, in order. For several records, a line that all share is printed once; others begin with names. */
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

/** `alone`: also prints what the run measured about its own machine, which does not help to compare several records. */
function linesOfOne(record: RunRecord, alone: boolean): Line[] {
  return [
    ...record.environment.devices.map((device) => line('device', deviceSentence(device, alone))),
    line('dataset', datasetSentence(record.dataset)),
    ...(record.dataset.leftOut ?? []).map((columns) => line('left out', leftOutSentence(columns))),
    line('plan', planSentence(record)),
    ...(alone ? costSentences(findingsOf(record)).map((text) => line('cost', text)) : []),
    ...(alone ? harness(record) : []),
    ...skippedSentences(record).map((text) => line('skipped', text)),
    ...warningSentences(record.warnings, record.results).map((text) => line('warning', text)),
    ...(record.complete ? [] : [line('warning', incompleteSentence(record))]),
  ];
}

function line(label: Line['label'], text: string): Line {
  return { label, text };
}

const LABELS_IN_ORDER = [
  ...(['device', 'dataset', 'left out', 'plan', 'cost', 'harness', 'skipped', 'warning'] as const),
];

function deviceSentence(device: DeviceRecord, alone: boolean): string {
  const { engine, name, runtime, driver, link, coherentLink, floorNs, gpu, clocksCopies } = device;
  const label = gpu
    ? ''
    : '; no GPU: these figures say nothing about one; run pinbench engines to see why there is none';
  const copies = clocksCopies || !gpu ? '' : '; the framework decides when bytes move';
  const known = [
    `${engine}: ${name}, ${runtime}`,
    ...(driver === undefined ? [] : [`driver ${driver}`]),
    ...(link === undefined ? [] : [`PCIe ${link.generation} ×${link.width}`]),
    ...(coherentLink === true ? ["a coherent link to the host's memory"] : []),
    ...(floorNs === undefined || !alone
      ? []
      : [`launching an empty kernel and waiting for it takes ${formatDuration(floorNs)}`]),
  ];
  return `${known.join(', ')}${copies}${label}`;
}

function datasetSentence({ path, rows, cols, dtype, castFrom, bytes }: RunRecord['dataset']): string {
  const cast = castFrom === undefined ? '' : `, cast from ${castFrom}`;
  return `${path}: ${formatInteger(rows)} × ${formatInteger(cols)} ${dtype}${cast}, ${formatBytes(bytes)}`;
}

function leftOutSentence({ why, columns, names }: LeftOut): string {
  const more = columns > names.length ? `, and ${formatInteger(columns - names.length)} more` : '';
  const listed = `${names.map(shown).join(', ')}${more}`;
  const [count, hold] = [counted(columns, 'column'), columns === 1 ? 'holds' : 'hold'];
  if (why === 'no-numbers') return `${count} that ${hold} no numbers: ${listed}`;
  if (why === 'type-not-read') return `${count} of an unsupported type: ${listed}`;
  return `${count} that ${hold} the index of a pandas frame, which --column can select: ${listed}`;
}

function planSentence({ plan, results }: RunRecord): string {
  const measured = results.filter((result) => result.status === 'measured');
  const rounds = measured.map(({ samplesNs }) => samplesNs.length);
  const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
  const count = least === most ? counted(least, 'round') : `${least} to ${most} rounds`;
  const done = measured.length === 0 ? [] : [`${count}${processesPhrase(plan, measured)}`];
  return [...done, ...planLineOf(plan)].join('; ');
}

/** In how many processes the rounds were measured, which may be fewer than were asked for. */
function processesPhrase({ processes = 1 }: RunRecord['plan'], measured: readonly MeasuredResult[]): string {
  if (processes === 1) return '';
  const count = measured[0]!.roundsPerProcess?.length ?? 1;
  return ` in ${count} process${count === 1 ? '' : 'es'}`;
}

/** pinbench's own cost per step, and how many of the timed steps were verified. */
function harness({ environment: { overheadNsPerStep, devices }, results }: RunRecord): Line[] {
  const calls = devices.flatMap(({ callsNsPerStep = {} }) =>
    Object.entries(callsNsPerStep).map(([strategy, ns]) => `${formatDuration(ns)} of a ${strategy} step`),
  );
  const measured = results.filter((result) => result.status === 'measured');
  const [steps, verified] = [
    measured.reduce((sum, result) => sum + result.steps, 0),
    measured.reduce((sum, result) => sum + result.verifiedSteps, 0),
  ];
  const parts = [
    ...(overheadNsPerStep === undefined
      ? []
      : [`the timing loop costs ${formatDuration(overheadNsPerStep)} of each step`]),
    ...(calls.length === 0 ? [] : [`calls to the driver cost ${calls.join(', ')}`]),
    ...(steps === 0
      ? []
      : [
          `${verified === steps ? 'all' : `${formatInteger(verified)} of`} ${formatInteger(steps)} timed steps were verified`,
        ]),
  ];
  return parts.length === 0 ? [] : [line('harness', parts.join('; '))];
}

function incompleteSentence({ reason }: RunRecord): string {
  return `the run is incomplete${reason === undefined ? '' : ` (${reason})`}: only whole rounds are counted, and some rows may be missing`;
}

/** One sentence per reason: `cpu feed-locked, zero-copy: TensorFlow.js cannot page-lock host memory`. */
function skippedSentences({ results }: RunRecord): string[] {
  const skippedResults = results.filter((result) => result.status === 'skipped');
  const byReason = groupBy(skippedResults, ({ engine, reason }) => `${engine}\n${reason}`);
  return [...byReason].map(([key, skipped]) => {
    const [engine, reason] = key.split('\n');
    const strategies = new Set(skipped.map(({ strategy }) => strategy));
    const cases = new Map(skipped.map((result) => [caseNameOf(result), result]));
    const ofEngine = new Set(results.filter((result) => result.engine === engine).map(caseNameOf));
    const where =
      cases.size === ofEngine.size
        ? ''
        : ` at batch ${[...cases.values()].map(({ batch }) => batch).join(', ')}`;
    return `${engine} ${[...strategies].join(', ')}${where}: ${reason}`;
  });
}
