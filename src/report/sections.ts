import { groupBy } from '../group-by.js';
import { nameOf } from '../record/row-name.js';
import type { Comparison, Result } from '../record/schema.js';
import { settingOf } from '../record/setting.js';
import { STRATEGIES } from '../words.js';
import type { Section } from './layout.js';
import type { Named } from './named.js';

/** A result with its comparison, if it has one. */
export interface Row {
  readonly result: Result;
  readonly comparison: Comparison | undefined;
  /** The name of its record. */
  readonly name: string;
}

/**
 * The results of one record in their order. The results of several records are grouped by device and by every setting in which the
 * records differ, so that a section holds only results that were measured in the same way.
 */
export function sectionsOf(records: readonly Named[]): Section<Row>[] {
  if (records.length === 1) return [{ rows: rowsOf(records[0]!) }];
  const differing = differencesOf(records);
  const headed = records.flatMap((named) => {
    const differences = differing(named);
    return rowsOf(named).map((row) => ({
      heading: [`${row.result.engine}: ${row.result.device}`, ...differences].join(', '),
      row,
    }));
  });
  const sections = groupBy(headed, ({ heading }) => heading);
  return [...sections].map(([heading, rows]) => ({ heading, rows: rows.map(({ row }) => row).sort(byCase) }));
}

function rowsOf({ name, record: { results, comparisons } }: Named): Row[] {
  const byName = new Map(comparisons.map((comparison) => [nameOf(comparison), comparison]));
  return results.map((result) => ({ name, result, comparison: byName.get(nameOf(result)) }));
}

/** Returns a function that lists, for one record, the settings in which the records differ. */
function differencesOf(records: readonly Named[]): (named: Named) => string[] {
  const all = records.map(({ record }) => settingOf(record));
  const fields = Object.keys(all[0]!).filter((field) => new Set(all.map((one) => one[field])).size > 1);
  return ({ record }) => {
    const setting = settingOf(record);
    return fields.map((field) => `${field} ${setting[field]}`);
  };
}

/** Sorting is stable: rows of the same case and strategy keep the order of the records. */
function byCase({ result: a }: Row, { result: b }: Row): number {
  return (
    a.batch - b.batch || a.work - b.work || STRATEGIES.indexOf(a.strategy) - STRATEGIES.indexOf(b.strategy)
  );
}
