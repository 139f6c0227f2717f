import { dataError, type PinbenchError, usageError } from '../errors.js';
import type { DType } from '../words.js';
import { layOut } from './arrow-layout.js';
import type { Field, Schema } from './arrow-schema.js';

/** A column of numbers, and where its arrays are among the nodes and buffers of a batch. */
export interface NumericColumn {
  readonly name: string;
  /** Arrow's own name of its type. */
  readonly type: string;
  readonly dtype: DType;
  /** Bools of a byte each, of which any but 0 is true. */
  readonly boolBytes: boolean;
  /** Elements a row, by the type; for a list the rows themselves say how often. */
  readonly width: number;
  /** A variable list around the elements, with the bits of its offsets. */
  readonly list?: 32 | 64;
  /** Its place in the schema. */
  readonly field: number;
  /** Its arrays, outermost first: the lists around the elements, then the elements. */
  readonly levels: readonly Level[];
}

/** An array of a column. Buffers are counted from the column's first: see `LocatedBatch`. */
export interface Level {
  readonly node: number;
  readonly validityBuffer: number;
  /** Its elements a row; below a variable list, its elements an item of the list. */
  readonly perRow: number;
  readonly belowList: boolean;
}

/** A column that holds no numbers. */
export interface OtherColumn {
  readonly name: string;
  readonly type: string;
}

export type Column = NumericColumn | OtherColumn;

export function isNumeric(column: Column): column is NumericColumn {
  return 'dtype' in column;
}

/** All columns of a schema. */
export function columnsOf({ fields }: Schema): Column[] {
  const { firstNodes } = layOut(fields);
  return fields.map((field, index) => columnOf(field, index, firstNodes[index]!));
}

function columnOf(of: Field, field: number, firstNode: number): Column {
  const column = { name: of.name, type: of.typeWords };
  const shape = numericShape(of);
  if (shape === undefined) return column;
  const { dtype, width, list, perRow, boolBytes } = shape;
  const levels = perRow.map((elements, depth): Level => {
    // Each array begins with its validity; a variable list has offsets behind it.
    const belowList = depth > 0 && list !== undefined;
    return {
      node: firstNode + depth,
      validityBuffer: depth + (belowList ? 1 : 0),
      perRow: elements,
      belowList,
    };
  });
  return { ...column, dtype, boolBytes, width, ...(list && { list }), field, levels };
}

interface NumericShape {
  readonly dtype: DType;
  readonly boolBytes: boolean;
  readonly width: number;
  readonly list?: 32 | 64;
  /** Elements a row (an item, below a variable list) of each array, the innermost last. */
  readonly perRow: readonly number[];
}

/** A number, or fixed-size lists of numbers in each other, or a list of either. `undefined` for all else. */
function numericShape({
  type,
  dtype,
  boolBytes,
  dictionary,
  children,
  listSize,
}: Field): NumericShape | undefined {
  if (dictionary !== undefined) return undefined;
  if (dtype !== undefined) return { dtype, boolBytes: boolBytes ?? false, width: 1, perRow: [1] };
  if (type !== 'FixedSizeList' && type !== 'List' && type !== 'LargeList') return undefined;
  const inner = numericShape(children[0]!);
  if (inner === undefined || inner.list !== undefined) return undefined;
  if (listSize === undefined)
    return { ...inner, list: type === 'LargeList' ? 64 : 32, perRow: [1, ...inner.perRow] };
  return {
    ...inner,
    width: listSize * inner.width,
    perRow: [1, ...inner.perRow.map((perRow) => perRow * listSize)],
  };
}

/** The columns that make the matrix: those named, in that order, or all numeric ones. */
export function selectColumns(
  path: string,
  columns: readonly Column[],
  names?: readonly string[],
): NumericColumn[] {
  const chosen =
    names === undefined ? columns.filter(isNumeric) : names.map((name) => named(path, columns, name));
  if (names !== undefined && new Set(names).size < names.length) {
    throw usageError('--column', 'a column twice', { expected: 'each once' });
  }
  if (chosen.length > 0) return chosen;
  throw dataError(path, `no numeric column (it has ${listed(columns)})`, { expected: 'at least one' });
}

function named(path: string, columns: readonly Column[], name: string): NumericColumn {
  const [column, another] = columns.filter((candidate) => candidate.name === name);
  if (another !== undefined) {
    throw usageError('--column', `several columns "${name}" in ${path}`, {
      expected: 'a name that one column has',
    });
  }
  if (column === undefined) {
    throw usageError('--column', `no column "${name}" in ${path}`, { expected: `of ${listed(columns)}` });
  }
  if (isNumeric(column)) return column;
  throw notNumeric(path, column);
}

function notNumeric(path: string, { name, type }: OtherColumn): PinbenchError {
  return dataError(path, `column "${name}" holds ${type}, not numbers, from row 0 on`, {
    expected: 'numbers',
    remedy: 'name other columns, or cast it to a number type before saving',
  });
}

function listed(columns: readonly Column[]): string {
  const shown = columns.slice(0, 8).map(({ name, type }) => `"${name}": ${type}`);
  const more = columns.length > shown.length ? ` and ${columns.length - shown.length} more` : '';
  return columns.length === 0 ? 'no columns' : shown.join(', ') + more;
}
