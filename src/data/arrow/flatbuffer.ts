/**
 * A reader of FlatBuffers that follows no offset before it has held it against the buffer. A format is declared as tables
 * (see `format.ts`), and one walk verifies and decodes them: what was decoded was verified. The checks are those of
 * the C++ library's Verifier, which pyarrow uses; the `flatbuffers` package for JavaScript has no verifier.
 */

/** A value at a place of the buffer. */
export interface Kind<T> {
  /** Bytes it takes where it stands; an offset for what stands elsewhere. */
  readonly bytes: number;
  readonly alignment: number;
  read(source: Source, at: number): T;
}

/** A field of a table: its value where the table has it, its default where not. */
export interface Slot<T> {
  read(source: Source, table: TablePlace): T;
}

/** Where a table is, and where its vtable, which says what of it is where. */
interface TablePlace {
  readonly at: number;
  readonly vtable: number;
  readonly vtableBytes: number;
}

type ValueOf<K> = K extends Kind<infer T> ? T : never;
type Fields = Readonly<Record<string, Slot<unknown>>>;
type TableOf<F extends Fields> = { readonly [N in keyof F]: F[N] extends Slot<infer T> ? T : never };

/** Decodes the buffer's root table. A RangeError where an offset, a length or an alignment is wrong. */
export function decodeRoot<T>(bytes: Uint8Array, root: Kind<T>): T {
  return root.read(new Source(bytes), 0);
}

/** The C++ library's limit in Arrow. */
const MAX_DEPTH = 128;
/**
 * Tables may be shared, so that few bytes could claim very many. One that is not shared takes 8 bytes at the least, and no writer
 * shares those that hold others; so many are let pass in any message. The C++ library lets eight tables a byte pass: objects of
 * gigabytes from one megabyte of metadata.
 */
const [TABLES_IN_ANY, BYTES_PER_TABLE] = [2 ** 16, 4];
/** Strings may be shared too: one of so many bytes is decoded once a place. */
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

  /** The number of elements of the vector at `at`, all of which are there. */
  vectorLength(at: number, elementBytes: number): number {
    this.mustHave(at, 4, 4);
    const length = this.view.getUint32(at, true);
    this.mustHave(at + 4, length * elementBytes);
    return length;
  }

  /** The table at `at`, which is to be left when its fields were read. */
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

  /** A string of `length` bytes, by `decode` where its place was not decoded before. A RangeError where strings overlap. */
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

  /** Where a table has a slot; 0 where it has not. */
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
/** An int64 that counts: exact up to 2^53, and beyond that no smaller. Made of words, for a BigInt is slow. */
export const int64Count = scalar(
  8,
  (view, at) => view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true),
);

/** What an offset points to. */
export function elsewhere<T>(readTarget: (source: Source, at: number) => T): Kind<T> {
  return { bytes: 4, alignment: 4, read: (source, at) => readTarget(source, source.follow(at)) };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters of ASCII are meant, all of them.
const ASCII = /^[\x00-\x7f]*$/;

function stringIn(
  decoder: { decode(bytes: Uint8Array): string },
  placeOf: (at: number) => number,
): Kind<string> {
  const decode = (bytes: Buffer, at: number, length: number): string => {
    // Most names are ASCII: to read them by the decoder takes several times as long.
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
    if (source.bytes[at + 4 + length] !== 0) throw new RangeError(`a string at ${at} without an end`);
    if (length < LONG_STRING_BYTES) return decode(source.bytes, at + 4, length);
    return source.longString(placeOf(at), length, () => decode(source.bytes, at + 4, length));
  });
}

/** A string, which ends with a byte 0. A RangeError where it is not UTF-8. */
export const string = stringIn(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }), (at) => at);
/** The same where writers put bytes of any kind. What was decoded so is none of the strings above: its places are kept apart. */
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
 * A vector of structs of two counts each, as one array: those of element `i` are at `2 * i` and behind it. In a file of a million
 * batches, an object for each takes several times the room and the time.
 */
export const countPairs: Kind<number[]> = elsewhere((source, at) => {
  const length = source.vectorLength(at, 2 * int64Count.bytes);
  const numbers: number[] = [];
  for (let i = 0; i < 2 * length; i++) numbers.push(int64Count.read(source, at + 4 + i * int64Count.bytes));
  return numbers;
});

/** The number of elements of a vector, which are there and are not read: it may be shared by very many tables. */
export function lengthOf({ bytes }: Kind<unknown>): Kind<number> {
  return elsewhere((source, at) => source.vectorLength(at, bytes));
}

/** A table of some fields. Loops over their names, and not entries made anew: there may be very many tables. */
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

/** A table that is declared further down, since it holds itself. */
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

/** A field that its table must have. */
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

/** A union: the number of its type in one slot, its table in the next. `undefined` where there is none, or of a type not declared. */
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
