import { type PinbenchError, usageError } from '../../errors.js';
import { nameInList } from '../../option-kinds.js';
import { shown } from '../../text.js';
import type { DType } from '../../words.js';
import type { ColumnInfo, LeftOut } from '../dataset.js';
import { Fault } from '../fault.js';
import type { PermutedTensor } from './extensions.js';
import { nodesOf } from './layout.js';
import type { Field, Schema } from './schema.js';

/** A column of numbers, and the positions of its arrays among the nodes of a batch. */
export interface NumericColumn {
  /** A field of a struct is named `struct.field`. */
  readonly name: string;
  /** Arrow's own name for its type. */
  readonly type: string;
  readonly dtype: DType;
  /** Its arrays, outermost first: the structs and lists around the elements, then the elements. */
  readonly levels: readonly Level[];
  /** Set for a tensor whose axes are stored in another order. */
  readonly permuted: PermutedTensor | undefined;
  /** The structs that contain it, by their column names. */
  readonly structs: readonly string[];
  readonly leftOut?: 'pandas-index';
}

/** An array of a column. */
export type Level = { readonly node: number } & (
  | { readonly kind: 'struct' }
  | { readonly kind: 'fixed-size-list'; readonly size: number }
  | { readonly kind: 'list'; readonly offsets: 'int32' | 'int64' }
  | Elements
);

/** The innermost array of a column. */
export interface Elements {
  readonly kind: 'elements';
  readonly node: number;
  readonly dtype: DType;
  /** Whether each bool takes a byte, of which every value but 0 is true. */
  readonly boolBytes: boolean;
  /** Set if the elements are indexes: the dictionary that holds the values. */
  readonly dictionary: { readonly id: bigint; readonly index: DType } | undefined;
}

/** A column that is not read: it holds no numbers, or holds them in a type that cannot be rows of a matrix. */
export interface OtherColumn {
  readonly name: string;
  readonly type: string;
  readonly structs: readonly string[];
  readonly leftOut: 'no-numbers' | 'type-not-read';
}

export type Column = NumericColumn | OtherColumn;

export function isNumeric(column: Column): column is NumericColumn {
  return 'dtype' in column;
}

/** All columns of a schema; a struct that holds numbers gives one column per field. */
export function columnsOf({ fields, indexColumns }: Schema): Column[] {
  const columns: Column[] = [];
  let node = 0;
  for (const field of fields) {
    for (const column of columnsIn(field, node, field.name, [], []))
      columns.push(
        indexColumns.has(field.name) && isNumeric(column) ? { ...column, leftOut: 'pandas-index' } : column,
      );
    node += nodesOf(field);
  }
  return columns;
}

/** The columns of a field, given its first node and the levels and structs around it. */
function columnsIn(
  field: Field,
  node: number,
  name: string,
  outer: readonly Level[],
  structs: readonly string[],
): Column[] {
  const { typeWords: type, permuted } = field;
  if (isStructOfNumbers(field)) {
    let child = node + 1;
    return field.children.flatMap((of) => {
      const within: Level[] = [...outer, { kind: 'struct', node }];
      const columns = columnsIn(of, child, `${name}.${of.name}`, within, [...structs, name]);
      child += nodesOf(of);
      return columns;
    });
  }
  const inner = levelsOf(field, node);
  if (inner === undefined)
    return [{ name, type, structs, leftOut: holdsNumbers(field) ? 'type-not-read' : 'no-numbers' }];
  const { dtype } = inner.at(-1) as Elements;
  return [{ name, type, dtype, levels: [...outer, ...inner], permuted, structs }];
}

function holdsNumbers({ type, dtype, children }: Field): boolean {
  return dtype !== undefined || type === 'Int' || type === 'Decimal' || children.some(holdsNumbers);
}

function isStructOfNumbers(field: Field): boolean {
  const { type, dictionary, children, opaque } = field;
  return (
    type === 'Struct' &&
    dictionary === undefined &&
    !opaque &&
    children.some((child) => isStructOfNumbers(child) || levelsOf(child, 0) !== undefined)
  );
}

/** Returns the arrays of a column of numbers, or of lists, nested to any depth, of numbers; otherwise `undefined`. */
function levelsOf(
  { type, dtype, boolBytes, dictionary, children, listSize }: Field,
  node: number,
): Level[] | undefined {
  if (dtype !== undefined) return [{ kind: 'elements', node, dtype, boolBytes, dictionary }];
  if (dictionary !== undefined) return undefined;
  const [item] = children;
  if (type !== 'FixedSizeList' && type !== 'List' && type !== 'LargeList') return undefined;
  // The elements of a tensor in a list would have to be reordered item by item.
  if (item!.permuted !== undefined) return undefined;
  const inner = levelsOf(item!, node + 1);
  if (inner === undefined) return undefined;
  if (type === 'FixedSizeList') return [{ kind: 'fixed-size-list', node, size: listSize! }, ...inner];
  return [{ kind: 'list', node, offsets: type === 'LargeList' ? 'int64' : 'int32' }, ...inner];
}

/** Selects the columns that make up the matrix: the named ones in their order, or all numeric ones except pandas indexes. */
export function selectColumns(columns: readonly Column[], names?: readonly string[]): NumericColumn[] {
  if (names !== undefined) {
    const byName = new Named(columns);
    const chosen = names.flatMap((name) => byName.get(name));
    if (new Set(chosen).size < chosen.length)
      throw usageError('--column', 'a column twice', { expected: 'each column at most once' });
    return chosen;
  }
  const numeric = columns.filter(isNumeric);
  const chosen = numeric.filter(({ leftOut }) => leftOut === undefined);
  if (chosen.length > 0) return chosen;
  if (numeric.length === 0)
    throw new Fault(
      `no numeric column${columns.some(({ leftOut }) => leftOut === 'type-not-read') ? ' of a supported type' : ''} (it has ${listed(columns)})`,
      { expected: 'at least one' },
    );
  const [{ name }] = numeric as [NumericColumn];
  throw new Fault(`no numeric column but the index of pandas, "${shown(name)}"`, {
    expected: 'at least one',
    remedy: `to take it, use --column ${nameInList(name)}`,
  });
}

/** The columns of a file by name. */
class Named {
  readonly #columns: readonly Column[];
  readonly #byName = new Map<string, Column[]>();
  /** The numeric fields of each struct. */
  readonly #within = new Map<string, NumericColumn[]>();

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    for (const column of columns) {
      added(this.#byName, column.name, column);
      if (isNumeric(column))
        for (const struct of new Set(column.structs)) added(this.#within, struct, column);
    }
  }

  /** Returns the column with this name, or the numeric fields of the struct with this name. */
  get(name: string): NumericColumn[] {
    const [column, another] = this.#byName.get(name) ?? [];
    const fields = this.#within.get(name) ?? [];
    if (another !== undefined || (column !== undefined && fields.length > 0)) {
      throw usageError('--column', `several columns "${shown(name)}"`, {
        expected: 'a name that only one column has',
      });
    }
    if (fields.length > 0) return fields;
    if (column === undefined) throw this.#none(name);
    if (isNumeric(column)) return [column];
    throw new Fault(`column "${shown(name)}" holds ${shown(column.type)}, not numbers`, {
      expected: 'numbers',
      remedy: 'name other columns, or cast it to a number type before saving',
    });
  }

  #none(name: string): PinbenchError {
    const hasComma = this.#columns.some((column) => column.name.includes(','));
    return usageError('--column', `no column "${shown(name)}"`, {
      expected: `one of ${listed(this.#columns)}`,
      ...(hasComma && { remedy: 'write \\, for a comma that is part of a name' }),
    });
  }
}

function added<T>(map: Map<string, T[]>, key: string, item: T): void {
  const items = map.get(key);
  if (items === undefined) map.set(key, [item]);
  else items.push(item);
}

/** The ids of the dictionaries that the columns' elements point into. */
export function dictionariesAskedFor(columns: readonly NumericColumn[]): ReadonlySet<bigint> {
  return new Set(
    columns.flatMap(({ levels }) => {
      const { dictionary } = levels.at(-1) as Elements;
      return dictionary === undefined ? [] : [dictionary.id];
    }),
  );
}

/** The columns that were left out although no columns were named. */
export function leftOutOf(columns: readonly ColumnInfo[]): LeftOut[] {
  return columns.flatMap(({ name, type, leftOut }) =>
    leftOut === undefined ? [] : [{ name, type, why: leftOut }],
  );
}

/** How many columns an error lists, and in how many characters. */
const [MAX_LISTED, MAX_LISTED_CHARACTERS] = [8, 200];

function listed(columns: readonly Column[]): string {
  const entries: string[] = [];
  let characters = 0;
  for (const { name, type } of columns.slice(0, MAX_LISTED)) {
    const entry = `"${shown(name)}": ${shown(type)}`;
    characters += entry.length;
    if (entries.length > 0 && characters > MAX_LISTED_CHARACTERS) break;
    entries.push(entry);
  }
  const more = columns.length > entries.length ? ` and ${columns.length - entries.length} more` : '';
  return columns.length === 0 ? 'no columns' : entries.join(', ') + more;
}
