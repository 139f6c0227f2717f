import { groupBy } from '../group-by.js';
import { type CaseName, caseNameOf, type RowName } from '../record/row-name.js';
import { formatInteger } from '../units.js';

/** The name of a row in a sentence. */
export function rowNameOf({ engine, strategy, batch, work }: RowName): string {
  return `${engine} ${strategy}, batch ${formatInteger(batch)}, work ${formatInteger(work)}`;
}

/** The notes of rows: one line for all rows that share a verdict and a note. */
export function notesOf<Row extends { readonly verdict: string; readonly note?: string | undefined }>(
  rows: readonly Row[],
  nameOf: (row: Row) => string,
): string[] {
  const noted = rows.filter(({ note }) => note !== undefined);
  const said = groupBy(noted, ({ verdict, note }) => `${verdict}: ${note}`);
  return [...said].map(([what, same]) =>
    same.length === rows.length && same.length > 1 ? what : `${same.map(nameOf).join('; ')}: ${what}`,
  );
}

/** Fewer cases than this are listed even if they are all cases of the record. */
const MANY = 4;

/**
 * Words a list of cases: `batch 1, 2, 64`, with the engine and the work if the cases of the record differ in them, or
 * `all 16 cases` if the list has every case of the record.
 */
export class CaseWords {
  readonly #total: number;
  readonly #engines: boolean;
  readonly #works: boolean;

  /** `all` are the cases of the record, possibly with duplicates. */
  constructor(all: readonly CaseName[]) {
    this.#total = new Set(all.map(caseNameOf)).size;
    this.#engines = new Set(all.map(({ engine }) => engine)).size > 1;
    this.#works = new Set(all.map(({ work }) => work)).size > 1;
  }

  /** `batch 1, 2, 64` or `all 16 cases`. Batch sizes have no thousands separators, which would look like commas of the list. */
  list(cases: readonly CaseName[]): string {
    if (this.#areAll(cases)) return `all ${this.#total} cases`;
    const groups = new Map<string, Set<number>>();
    for (const { engine, batch, work } of cases) {
      const key = [
        ...(this.#engines ? [engine] : []),
        ...(this.#works ? [`work ${work}`] : []),
        'batch',
      ].join(', ');
      groups.set(key, (groups.get(key) ?? new Set()).add(batch));
    }
    return [...groups].map(([prefix, batches]) => `${prefix} ${[...batches].join(', ')}`).join('; ');
  }

  /** The list with its preposition: `at batch 1, 2, 64` or `in all 16 cases`. */
  at(cases: readonly CaseName[]): string {
    return `${this.#areAll(cases) ? 'in' : 'at'} ${this.list(cases)}`;
  }

  /** The list with a leading space and its preposition; empty for a record of a single case. */
  where(cases: readonly CaseName[]): string {
    return this.#total === 1 ? '' : ` ${this.at(cases)}`;
  }

  /** Rows: `feed at batch 1, 2; pin in all 16 cases`. */
  rows(rows: readonly RowName[]): string {
    const strategies = [...new Set(rows.map(({ strategy }) => strategy))];
    return strategies
      .map((strategy) => `${strategy}${this.where(rows.filter((row) => row.strategy === strategy))}`)
      .join('; ');
  }

  #areAll(cases: readonly CaseName[]): boolean {
    return cases.length >= MANY && cases.length === this.#total;
  }
}
