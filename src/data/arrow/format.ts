/**
 * The tables of Arrow's format that are read here, with the names that they have in Schema.fbs, Message.fbs and File.fbs. A
 * field's number is its slot; a union takes two. Tensors are not declared, since their messages are refused by type.
 */
import type { MetadataVersion } from 'apache-arrow/enum';
import {
  bool,
  countPairs,
  decodeRoot,
  elsewhere,
  field,
  int16,
  int32,
  int64,
  int64Count,
  type Kind,
  later,
  lengthOf,
  looseString,
  required,
  string,
  table,
  uint8,
  union,
  vector,
} from './flatbuffer.js';

/** The versions of the metadata. Only the types of apache-arrow check these numbers, since loading the package takes 70 ms. */
export const VERSION = { V4: 3, V5: 4 } as const satisfies Record<'V4' | 'V5', MetadataVersion>;

/** The types of messages: apache-arrow's `MessageHeader`, as literal types that tell messages apart. */
export const HEADER = { Schema: 1, DictionaryBatch: 2, RecordBatch: 3, Tensor: 4, SparseTensor: 5 } as const;

/** The members of the union `Type`, indexed by their numbers. */
export const TYPE_NAMES = [
  ...['NONE', 'Null', 'Int', 'FloatingPoint', 'Binary', 'Utf8', 'Bool', 'Decimal', 'Date', 'Time'],
  ...['Timestamp', 'Interval', 'List', 'Struct', 'Union', 'FixedSizeBinary', 'FixedSizeList', 'Map'],
  ...['Duration', 'LargeBinary', 'LargeUtf8', 'LargeList', 'RunEndEncoded', 'BinaryView', 'Utf8View'],
  ...['ListView', 'LargeListView'],
] as const;
export type TypeName = (typeof TYPE_NAMES)[number];

/** The fields of all type tables together; each table has some of them. */
export interface TypeParameters {
  readonly bitWidth?: number;
  readonly isSigned?: boolean;
  readonly precision?: number;
  readonly scale?: number;
  readonly unit?: number;
  readonly timezone?: string | undefined;
  readonly mode?: number;
  readonly byteWidth?: number;
  readonly listSize?: number;
}

const int = table({ bitWidth: field(0, int32, 0), isSigned: field(1, bool, false) });
const plain = table({});

const TYPE_TABLES: Readonly<Record<Exclude<TypeName, 'NONE'>, Kind<TypeParameters>>> = {
  Null: plain,
  Int: int,
  FloatingPoint: table({ precision: field(0, int16, 0) }),
  Binary: plain,
  Utf8: plain,
  Bool: plain,
  Decimal: table({
    precision: field(0, int32, 0),
    scale: field(1, int32, 0),
    bitWidth: field(2, int32, 128),
  }),
  Date: table({ unit: field(0, int16, 1) }),
  Time: table({ unit: field(0, int16, 1), bitWidth: field(1, int32, 32) }),
  Timestamp: table({ unit: field(0, int16, 0), timezone: field(1, string) }),
  Interval: table({ unit: field(0, int16, 0) }),
  List: plain,
  Struct: plain,
  Union: table({ mode: field(0, int16, 0), typeIds: field(1, lengthOf(int32)) }),
  FixedSizeBinary: table({ byteWidth: field(0, int32, 0) }),
  FixedSizeList: table({ listSize: field(0, int32, 0) }),
  Map: plain,
  Duration: table({ unit: field(0, int16, 1) }),
  LargeBinary: plain,
  LargeUtf8: plain,
  LargeList: plain,
  RunEndEncoded: plain,
  BinaryView: plain,
  Utf8View: plain,
  ListView: plain,
  LargeListView: plain,
};

const keyValues = vector(table({ key: required(0, looseString), value: required(1, looseString) }));

/** `Field`, as it is stored in the file. */
export interface FieldTable {
  readonly name: string | undefined;
  readonly typeType: number;
  readonly type: { readonly value: TypeParameters } | undefined;
  readonly dictionary:
    | { readonly id: bigint; readonly indexType: { bitWidth: number; isSigned: boolean } }
    | undefined;
  readonly children: readonly FieldTable[];
  readonly customMetadata: readonly {
    readonly key: string;
    readonly value: string;
  }[];
}

const fieldTable: Kind<FieldTable> = table({
  name: field(0, string),
  nullable: field(1, bool, false),
  typeType: field(2, uint8, 0),
  type: union(
    2,
    Object.fromEntries(
      TYPE_NAMES.flatMap((name, number) => (name === 'NONE' ? [] : [[number, TYPE_TABLES[name]]])),
    ) as Record<number, Kind<TypeParameters>>,
  ),
  dictionary: field(
    4,
    table({
      id: field(0, int64, 0n),
      // The format has a default of 32 bits, but pyarrow refuses a file that relies on it.
      indexType: required(1, int),
      isOrdered: field(2, bool, false),
      dictionaryKind: field(3, int16, 0),
    }),
  ),
  children: field(5, vector(later(() => fieldTable)), []),
  customMetadata: field(6, keyValues, []),
});

const schemaTable = table({
  endianness: field(0, int16, 0),
  fields: field(1, vector(fieldTable)),
  customMetadata: field(2, keyValues, []),
  features: field(3, vector(int64), []),
});
export type SchemaTable = ReturnType<typeof schemaTable.read>;

const recordBatchTable = table({
  length: field(0, int64Count, 0),
  /** Pairs of a length and a count of nulls. */
  nodes: field(1, countPairs),
  /** Pairs of an offset in the body and a length, bytes. */
  buffers: field(2, countPairs),
  compression: field(3, table({ codec: field(0, uint8, 0), method: field(1, uint8, 0) })),
  variadicBufferCounts: field(4, vector(int64Count), []),
});
export type RecordBatchTable = ReturnType<typeof recordBatchTable.read>;

const dictionaryBatchTable = table({
  id: field(0, int64, 0n),
  data: field(1, recordBatchTable),
  isDelta: field(2, bool, false),
});

const messageTable = table({
  version: field(0, int16, 0),
  headerType: field(1, uint8, 0),
  header: union(1, {
    [HEADER.Schema]: schemaTable,
    [HEADER.DictionaryBatch]: dictionaryBatchTable,
    [HEADER.RecordBatch]: recordBatchTable,
  }),
  bodyLength: field(3, int64Count, 0),
  customMetadata: field(4, keyValues, []),
});
export type MessageTable = ReturnType<typeof messageTable.read>;

/** The position of a message, as a footer gives it. */
export interface Block {
  readonly offset: number;
  readonly metaDataLength: number;
  readonly bodyLength: number;
}

/** The blocks of a footer. There may be a million, so an object for one is made only when it is asked for. */
export class Blocks {
  /** Three numbers per block. */
  readonly #numbers: readonly number[];

  constructor(numbers: readonly number[] = []) {
    this.#numbers = numbers;
  }

  get length(): number {
    return this.#numbers.length / 3;
  }

  at(index: number): Block {
    const first = 3 * index;
    const numbers = this.#numbers;
    return { offset: numbers[first]!, metaDataLength: numbers[first + 1]!, bodyLength: numbers[first + 2]! };
  }
}

const BLOCK_BYTES = 24;
const blocks: Kind<Blocks> = elsewhere((source, at) => {
  const numbers: number[] = [];
  const end = at + 4 + source.vectorLength(at, BLOCK_BYTES) * BLOCK_BYTES;
  for (let block = at + 4; block < end; block += BLOCK_BYTES)
    numbers.push(
      int64Count.read(source, block),
      int32.read(source, block + 8),
      int64Count.read(source, block + 16),
    );
  return new Blocks(numbers);
});

const footerTable = table({
  version: field(0, int16, 0),
  schema: field(1, schemaTable),
  dictionaries: field(2, blocks, new Blocks()),
  recordBatches: field(3, blocks, new Blocks()),
  customMetadata: field(4, keyValues, []),
});
export type FooterTable = ReturnType<typeof footerTable.read>;

/** Decodes the metadata of a message. Throws a RangeError if it is not a valid FlatBuffer. */
export function decodeMessage(bytes: Uint8Array): MessageTable {
  return decodeRoot(bytes, messageTable);
}

/** Decodes the footer of a file. Throws a RangeError if it is not a valid FlatBuffer. */
export function decodeFooter(bytes: Uint8Array): FooterTable {
  return decodeRoot(bytes, footerTable);
}
