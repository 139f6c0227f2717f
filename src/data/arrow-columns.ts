import { Precision, Type, UnionMode } from 'apache-arrow/enum';
import { MetadataVersion } from 'apache-arrow/fb/metadata-version';
import type { Field } from 'apache-arrow/schema';
import { DataType, type FixedSizeList, type Float, type Int, type Union } from 'apache-arrow/type';
import { dataError, type PinbenchError, usageError } from '../errors.js';
import type { DType } from '../words.js';
import type { Batch, Contents } from './arrow-messages.js';

/** A column of numbers, and where its arrays are among the nodes and buffers of a batch. */
export interface NumericColumn {
  readonly name: string;
  /** Arrow's own name of its type. */
  readonly type: string;
  readonly dtype: DType;
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

/** A batch with the index of each field's first buffer. */
export interface LocatedBatch extends Batch {
  readonly firstBuffers: readonly number[];
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
export function columnsOf({ schema, version }: Contents): Column[] {
  const cursor = new Cursor(version, []);
  return schema.fields.map((field, index) => columnOf(field, index, cursor));
}

/** Finds the fields' buffers in a batch: views have more or fewer from batch to batch. A data error where the batch is not of the schema. */
export function locate(path: string, { schema, version }: Contents, batch: Batch): LocatedBatch {
  const cursor = new Cursor(version, batch.variadicCounts);
  const firstBuffers = schema.fields.map(({ type }) => {
    const first = cursor.buffers;
    cursor.skip(type);
    return first;
  });
  if (batch.nodes.length === cursor.nodes && batch.buffers.length === cursor.buffers)
    return { ...batch, firstBuffers };
  throw dataError(path, 'corrupt Arrow data: a record batch that does not match the schema', {
    remedy: 'write the file anew',
  });
}

/** Walks a schema in the order in which a batch lists its nodes and buffers (Arrow columnar format, "RecordBatch message"). */
class Cursor {
  nodes = 0;
  buffers = 0;
  readonly version: MetadataVersion;
  readonly #variadicCounts: readonly number[];
  #views = 0;

  constructor(version: MetadataVersion, variadicCounts: readonly number[]) {
    this.version = version;
    this.#variadicCounts = variadicCounts;
  }

  skip(type: DataType): void {
    this.nodes += 1;
    this.buffers += this.#ownBuffers(type);
    if (!DataType.isDictionary(type)) for (const child of type.children ?? []) this.skip(child.type);
  }

  #ownBuffers(type: DataType): number {
    switch (type.typeId) {
      case Type.Null:
        return 0;
      case Type.FixedSizeList:
      case Type.Struct:
        return 1;
      case Type.Union:
        return (
          ((type as Union).mode === UnionMode.Dense ? 2 : 1) + (this.version < MetadataVersion.V5 ? 1 : 0)
        );
      case Type.Utf8:
      case Type.Binary:
      case Type.LargeUtf8:
      case Type.LargeBinary:
        return 3;
      case Type.Utf8View:
      case Type.BinaryView:
        this.#views += 1;
        return 2 + (this.#variadicCounts[this.#views - 1] ?? 0);
      default:
        return 2;
    }
  }
}

function columnOf({ name, type }: Field, field: number, cursor: Cursor): Column {
  const column = { name, type: String(type) };
  const shape = numericShape(type);
  const firstNode = cursor.nodes;
  cursor.skip(type);
  if (shape === undefined) return column;
  const { dtype, width, list, perRow } = shape;
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
  return { ...column, dtype, width, ...(list && { list }), field, levels };
}

interface NumericShape {
  readonly dtype: DType;
  readonly width: number;
  readonly list?: 32 | 64;
  /** Elements a row (an item, below a variable list) of each array, the innermost last. */
  readonly perRow: readonly number[];
}

/** A number, or fixed-size lists of numbers in each other, or a list of either. `undefined` for all else. */
function numericShape(type: DataType): NumericShape | undefined {
  const dtype = dtypeOf(type);
  if (dtype !== undefined) return { dtype, width: 1, perRow: [1] };
  if (DataType.isFixedSizeList(type)) {
    const inner = numericShape((type as FixedSizeList).valueType);
    if (inner === undefined || inner.list !== undefined) return undefined;
    const { listSize } = type as FixedSizeList;
    return {
      dtype: inner.dtype,
      width: listSize * inner.width,
      perRow: [1, ...inner.perRow.map((perRow) => perRow * listSize)],
    };
  }
  if (DataType.isList(type) || DataType.isLargeList(type)) {
    const inner = numericShape(type.children[0]!.type);
    if (inner === undefined || inner.list !== undefined) return undefined;
    const list = DataType.isLargeList(type) ? 64 : 32;
    return {
      dtype: inner.dtype,
      width: inner.width,
      list,
      perRow: [1, ...inner.perRow],
    };
  }
  return undefined;
}

function dtypeOf(type: DataType): DType | undefined {
  if (DataType.isBool(type)) return 'bool';
  if (DataType.isInt(type))
    return `${(type as Int).isSigned ? 'int' : 'uint'}${(type as Int).bitWidth}` as DType;
  if (!DataType.isFloat(type)) return undefined;
  return { [Precision.HALF]: 'float16', [Precision.SINGLE]: 'float32', [Precision.DOUBLE]: 'float64' }[
    (type as Float).precision
  ] as DType;
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
