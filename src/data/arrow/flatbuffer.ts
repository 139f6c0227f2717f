/**
 * A FlatBuffers reader that checks every offset against the buffer before following it. A format is declared as tables (see
 * `format.ts`), and one walk both verifies and decodes them, so that everything decoded is verified. The checks are those of the
 * C++ library's Verifier, which pyarrow uses; the `flatbuffers` package for JavaScript has no verifier.
 */

/** A kind of value that can be read at a position of the buffer. */
export interface Kind<T> {
  /** Inline size in bytes: that of an offset if the value is stored elsewhere. */
  readonly bytes: number;
  readonly alignment: number;
  read(source: Source, at: number): T;
}

/** A field of a table: its value if the table has it, otherwise its default. */
export interface Slot<T> {
  read(source: Source, table: TablePlace): T;
}

/** The position of a table and of its vtable, which holds the positions of the table's fields. */
interface TablePlace {
  readonly at: number;
  readonly vtable: number;
  readonly vtableBytes: number;
}

type ValueOf<K> = K extends Kind<infer T> ? T : never;
type Fields = Readonly<Record<string, Slot<unknown>>>;
type TableOf<F extends Fields> = { readonly [N in keyof F]: F[N] extends Slot<infer T> ? T : never };

/** Decodes the buffer's root table. Throws a RangeError if an offset, a length or an alignment is wrong. */
export function decodeRoot<T>(bytes: Uint8Array, root: Kind<T>): T {
  return root.read(new Source(bytes), 0);
}

/** The limit that Arrow sets for the C++ library. */
const MAX_DEPTH = 128;
/**
 * Tables may be shared, so a few bytes could claim very many of them. A message may have 2^16 tables plus one per 4 bytes. No
 * real message has more: a table that is not shared takes at least 8 bytes, and no writer shares tables that hold others. The C++
 * library allows eight tables per byte, which would be gigabytes of objects from one megabyte of metadata.
 */
const [TABLES_IN_ANY, BYTES_PER_TABLE] = [2 ** 16, 4];
/** Strings may be shared too: a string of at least this many bytes is decoded only once per position. */
const LONG_STRING_BYTES = 64;

class Source {
  readonly view: DataView;
  readonly bytes: Buffer;
  #depth = 0;
  #tables = 0;
  #longStrings: Map<number, string> | undefined;
  #longStringBytes = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  mustHave(at: number, bytes: number, alignment = 1): void {
    if (at < 0 || at + bytes > this.bytes.length) throw new RangeError(`${bytes} bytes at ${at}`);
    if (at % alignment !== 0) throw new RangeError(`a value at ${at} that is not aligned to ${alignment}`);
  }

  /** Where the offset at `at` points. */
  follow(at: number): number {
    this.mustHave(at, 4, 4);
    const offset = this.view.getInt32(at, true);
    if (offset <= 0) throw new RangeError(`an offset of ${offset}`);
    this.mustHave(at + offset, 1);
    return at + offset;
  }

  /** The number of elements of the vector at `at`; all of them are inside the buffer. */
  vectorLength(at: number, elementBytes: number): number {
    this.mustHave(at, 4, 4);
    const length = this.view.getUint32(at, true);
    this.mustHave(at + 4, length * elementBytes);
    return length;
  }

  /** Enters the table at `at`. Call `leave` after its fields were read. */
  enter(at: number): TablePlace {
    this.mustHave(at, 4, 4);
    const vtable = at - this.view.getInt32(at, true);
    this.mustHave(vtable, 4, 2);
    const vtableBytes = this.view.getUint16(vtable, true);
    if (vtableBytes % 2 !== 0 || vtableBytes < 4) throw new RangeError(`a vtable of ${vtableBytes} bytes`);
    this.mustHave(vtable, vtableBytes);
    this.#tables += 1;
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH || this.#tables > TABLES_IN_ANY + this.bytes.length / BYTES_PER_TABLE)
      throw new RangeError('tables nested too deeply, or too many');
    return { at, vtable, vtableBytes };
  }

  leave(): void {
    this.#depth -= 1;
  }

  /**
   * Returns the string of `length` bytes at `at`, which `decode` decodes the first time. Throws a RangeError if strings overlap.
   */
  longString(at: number, length: number, decode: () => string): string {
    this.#longStrings ??= new Map();
    const before = this.#longStrings.get(at);
    if (before !== undefined) return before;
    this.#longStringBytes += length;
    if (this.#longStringBytes > this.bytes.length)
      throw new RangeError(`a string at ${at} that overlaps others`);
    const decoded = decode();
    this.#longStrings.set(at, decoded);
    return decoded;
  }

  /** The position of a table's slot; 0 if the table does not have it. */
  place({ at, vtable, vtableBytes }: TablePlace, slot: number): number {
    const entry = 4 + 2 * slot;
    const offset = entry < vtableBytes ? this.view.getUint16(vtable + entry, true) : 0;
    return offset === 0 ? 0 : at + offset;
  }
}

export type { Source };

function scalar<T>(bytes: number, get: (view: DataView, at: number) => T): Kind<T> {
  return {
    bytes,
    alignment: bytes,
    read: ({ view }, at) => get(view, at),
  };
}

export const uint8 = scalar(1, (view, at) => view.getUint8(at));
export const bool = scalar(1, (view, at) => view.getUint8(at) !== 0);
export const int16 = scalar(2, (view, at) => view.getInt16(at, true));
export const int32 = scalar(4, (view, at) => view.getInt32(at, true));
export const int64 = scalar(8, (view, at) => view.getBigInt64(at, true));
/**
 * An int64 that is a count: exact up to 2^53, and a larger value never decodes to less than 2^53. It is made of two words because
 * a BigInt is slow.
 */
export const int64Count = scalar(
  8,
  (view, at) => view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true),
);

/** A value that is stored elsewhere and reached by an offset. */
export function elsewhere<T>(readTarget: (source: Source, at: number) => T): Kind<T> {
  return { bytes: 4, alignment: 4, read: (source, at) => readTarget(source, source.follow(at)) };
}

const ASCII = /^\p{ASCII}*$/u;

function stringIn(
  decoder: { decode(bytes: Uint8Array): string },
  placeOf: (at: number) => number,
): Kind<string> {
  const decode = (bytes: Buffer, at: number, length: number): string => {
    // Most names are ASCII, for which the decoder takes several times as long.
    const text = bytes.toString('latin1', at, at + length);
    if (ASCII.test(text)) return text;
    try {
      return decoder.decode(bytes.subarray(at, at + length));
    } catch (cause) {
      throw new RangeError(`a string at ${at} that is not UTF-8`, { cause });
    }
  };
  return elsewhere((source, at) => {
    const length = source.vectorLength(at, 1);
    source.mustHave(at + 4 + length, 1);
    if (source.bytes[at + 4 + length] !== 0) throw new RangeError(`an unterminated string at ${at}`);
    if (length < LONG_STRING_BYTES) return decode(source.bytes, at + 4, length);
    return source.longString(placeOf(at), length, () => decode(source.bytes, at + 4, length));
  });
}

/** A string, which ends with a zero byte. Throws a RangeError if it is not UTF-8. */
export const string = stringIn(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }), (at) => at);
/**
 * A string in which writers may put any bytes. Its positions are negated in the cache, to keep it apart from strings decoded
 * strictly.
 */
export const looseString = stringIn(new TextDecoder(), (at) => -at);

export function vector<T>(kind: Kind<T>): Kind<T[]> {
  return elsewhere((source, at) => {
    const length = source.vectorLength(at, kind.bytes);
    const items: T[] = [];
    for (let i = 0; i < length; i++) items.push(kind.read(source, at + 4 + i * kind.bytes));
    return items;
  });
}

/**
 * A vector of structs of two counts each, as one flat array: the counts of element `i` are at `2 * i` and `2 * i + 1`. In a file
 * of a million batches, an object per struct takes several times as much memory and time.
 */
export const countPairs: Kind<number[]> = elsewhere((source, at) => {
  const length = source.vectorLength(at, 2 * int64Count.bytes);
  const numbers: number[] = [];
  for (let i = 0; i < 2 * length; i++) numbers.push(int64Count.read(source, at + 4 + i * int64Count.bytes));
  return numbers;
});

/**
 * The number of elements of a vector. The elements must be inside the buffer but are not read, since very many tables may share
 * the vector.
 */
export function lengthOf({ bytes }: Kind<unknown>): Kind<number> {
  return elsewhere((source, at) => source.vectorLength(at, bytes));
}

/**
 * A table with the given fields. It loops over prepared arrays of names, not over new entries, since there may be very many
 * tables.
 */
export function table<F extends Fields>(fields: F): Kind<TableOf<F>> {
  const [names, slots] = [Object.keys(fields), Object.values(fields)];
  return elsewhere((source, at) => {
    const place = source.enter(at);
    const decoded: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) decoded[names[i]!] = slots[i]!.read(source, place);
    source.leave();
    return decoded as TableOf<F>;
  });
}

/** A table that is declared later, because it contains itself. */
export function later<T>(kind: () => Kind<T>): Kind<T> {
  return { bytes: 4, alignment: 4, read: (source, at) => kind().read(source, at) };
}

/** A field in a slot of its table. */
export function field<T>(slot: number, kind: Kind<T>): Slot<T | undefined>;
export function field<T>(slot: number, kind: Kind<T>, otherwise: T): Slot<T>;
export function field<T>(slot: number, kind: Kind<T>, otherwise?: T): Slot<T | undefined> {
  return {
    read: (source, table) => {
      const at = source.place(table, slot);
      if (at === 0) return otherwise;
      source.mustHave(at, kind.bytes, kind.alignment);
      return kind.read(source, at);
    },
  };
}

/** A field that must be present in its table. */
export function required<T>(slot: number, kind: Kind<T>): Slot<T> {
  const optional = field(slot, kind);
  return {
    read: (source, place) => {
      const value = optional.read(source, place);
      if (value === undefined) throw new RangeError(`a table without its field ${slot}`);
      return value;
    },
  };
}

/**
 * A union: one slot holds the number of its type, the next one its table. `undefined` if it is absent or its type is not
 * declared.
 */
export function union<M extends Readonly<Record<number, Kind<unknown>>>>(
  slot: number,
  members: M,
): Slot<{ [N in keyof M]: { readonly type: N; readonly value: ValueOf<M[N]> } }[keyof M] | undefined> {
  const number = field(slot, uint8, 0);
  return {
    read: (source, table) => {
      const type = number.read(source, table);
      const at = source.place(table, slot + 1);
      if (at === 0) return undefined;
      const kind = members[type];
      if (kind === undefined) {
        source.follow(at);
        return undefined;
      }
      return { type, value: kind.read(source, at) } as never;
    },
  };
}
