import { stringify } from 'csv-stringify/sync';
import type { Comparison, MeasuredResult } from '../record/schema.js';
import { printable } from '../text.js';
import type { Named } from './named.js';
import { sectionsOf } from './sections.js';

type Field = readonly [name: string, value: (result: MeasuredResult) => unknown];

/** One field per figure, named as in the record. */
const FIELDS: readonly Field[] = [
  ['steps', (r) => r.steps],
  ['stepsPerEpoch', (r) => r.stepsPerEpoch],
  ['stepNs.median', (r) => r.stepNs.median],
  ['stepNs.ci95.lo', (r) => r.stepNs.ci95?.[0]],
  ['stepNs.ci95.hi', (r) => r.stepNs.ci95?.[1]],
  ['stepNs.mean', (r) => r.stepNs.mean],
  ['stepNs.mad', (r) => r.stepNs.mad],
  ['stepNs.min', (r) => r.stepNs.min],
  ['stepNs.p50', (r) => r.stepNs.p50],
  ['stepNs.p95', (r) => r.stepNs.p95],
  ['stepNs.p99', (r) => r.stepNs.p99],
  ['stepNs.max', (r) => r.stepNs.max],
  ['allocateNs', (r) => r.allocateNs],
  ['setupNs', (r) => r.setupNs],
  ['h2dBytesPerStep', (r) => r.h2dBytesPerStep],
  ['h2dBytesSetup', (r) => r.h2dBytesSetup],
  ['rowsPerSecond', (r) => r.rowsPerSecond],
  ['bytesPerSecond', (r) => r.bytesPerSecond],
  ['epochSum', (r) => r.epochSum],
  ['maxRelError', (r) => r.maxRelError],
  ['epochsMeasured', (r) => r.epochsMeasured],
  ['verifiedSteps', (r) => r.verifiedSteps],
];

const COMPARISON_FIELDS: readonly (readonly [string, (comparison: Comparison) => unknown])[] = [
  ['speedup', (c) => c.speedup],
  ['speedup.ci95.lo', (c) => c.ci95?.[0]],
  ['speedup.ci95.hi', (c) => c.ci95?.[1]],
  ['verdict', (c) => c.verdict],
  ['breakEvenCi95.lo', (c) => c.breakEvenCi95?.[0]],
  ['breakEvenCi95.hi', (c) => c.breakEvenCi95?.[1]],
  ['breakEvenSteps', (c) => c.breakEvenSteps],
];

const ROW_FIELDS = ['engine', 'device', 'strategy', 'batch', 'work', 'status', 'reason'] as const;

/**
 * Results as CSV (RFC 4180), one line each, with raw numbers in ns and bytes; fields that do not apply are empty. With several
 * records each line begins with the name of its record. Text that a spreadsheet would read as a formula gets a leading apostrophe,
 * as OWASP advises.
 */
export function renderCsv(records: readonly Named[]): string {
  const several = records.length > 1;
  const header = [...ROW_FIELDS, ...[...FIELDS, ...COMPARISON_FIELDS].map(([name]) => name)];
  const rows = sectionsOf(records).flatMap(({ rows }) => rows);
  const lines = rows.map(({ name, result, comparison }) =>
    [
      ...(several ? [name] : []),
      ...ROW_FIELDS.map((field) =>
        field === 'reason' && result.status === 'measured' ? '' : Reflect.get(result, field),
      ),
      ...FIELDS.map(([, value]) => (result.status === 'measured' ? value(result) : '')),
      ...COMPARISON_FIELDS.map(([, value]) => (comparison === undefined ? '' : value(comparison))),
    ].map((value) => (typeof value === 'string' ? printable(value) : value)),
  );
  return stringify([several ? ['record', ...header] : header, ...lines], { escape_formulas: true });
}
