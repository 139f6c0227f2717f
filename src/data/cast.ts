import type { RequestedDType } from '../tables/dtypes.js';
import type { DType, DTypeRequest } from '../words.js';
import type { Values, ValuesByDType } from './dataset.js';

type Numbers = Exclude<Values, BigInt64Array | BigUint64Array>;

/** Number of 64-bit integers checked together: a multiple of four that fits in the L1 cache. */
const BLOCK = 1024;

type Loop<Source> = (
  src: Source,
  srcStart: number,
  count: number,
  dst: Float32Array,
  dstStart: number,
  dstStride: number,
) => void;

/**
 * Casts `count` elements of `src`, which have type `dtype`, to float32, starting at `srcStart`. Rounds as numpy does: once, to
 * nearest, ties to even. Element i goes to `dst[dstStart + i·dstStride]`. A bool is one byte per element; a float16 is given as
 * its bits.
 */
export function castToFloat32(
  src: Values,
  dtype: DType,
  srcStart: number,
  count: number,
  dst: Float32Array,
  dstStart: number,
  dstStride: number,
): void {
  if (dstStride === 1 && NUMBERS.has(dtype)) {
    // TypedArray.set rounds as a store does, and takes at most a third of the time of a JavaScript loop.
    dst.set((src as Numbers).subarray(srcStart, srcStart + count), dstStart);
    return;
  }
  (ELEMENTS[dtype].toFloat32 as Loop<Values>)(src, srcStart, count, dst, dstStart, dstStride);
}

/** A store to a Float32Array rounds once, which is correct for every type whose values a double holds exactly. */
const castNumber: Loop<Numbers> = (src, srcStart, count, dst, dstStart, stride) => {
  for (let i = 0, to = dstStart; i < count; i++, to += stride) dst[to] = src[srcStart + i]!;
};

const castBool: Loop<Uint8Array> = (src, srcStart, count, dst, dstStart, stride) => {
  for (let i = 0, to = dstStart; i < count; i++, to += stride) dst[to] = src[srcStart + i] === 0 ? 0 : 1;
};

const castFloat16: Loop<Uint16Array> = (src, srcStart, count, dst, dstStart, stride) => {
  FLOAT16 ??= float16Table();
  for (let i = 0, to = dstStart; i < count; i++, to += stride) dst[to] = FLOAT16[src[srcStart + i]!]!;
};

const castInt64: Loop<BigInt64Array> = (src, srcStart, count, dst, dstStart, stride) => {
  const words = new Int32Array(src.buffer, src.byteOffset + srcStart * 8, count * 2);
  const blocks = stride === 1 ? Math.floor(count / BLOCK) : 0;
  for (let block = 0; block < blocks; block++) {
    const [from, to] = [block * BLOCK * 2, dstStart + block * BLOCK];
    if (!storeLowWords(words, from, dst, to)) storeInt64(words, from, BLOCK, dst, to, 1);
  }
  const done = blocks * BLOCK;
  storeInt64(words, done * 2, count - done, dst, dstStart + done * stride, stride);
};

function storeInt64(
  words: Int32Array,
  first: number,
  count: number,
  dst: Float32Array,
  dstStart: number,
  stride: number,
): void {
  for (let i = 0, from = first, to = dstStart; i < count; i++, from += 2, to += stride) {
    const low = words[from]!;
    const high = words[from + 1]!;
    dst[to] = high === low >> 31 ? low : doubleOf(high, low >>> 0);
  }
}

/**
 * Stores the lower words of a block of 64-bit integers. Returns false if one of the integers needs more than 32 bits, so that the
 * stored values are wrong. That is rare in real data, so it is checked once per block. Four integers per iteration take less than
 * two thirds of the time.
 */
function storeLowWords(words: Int32Array, first: number, dst: Float32Array, dstStart: number): boolean {
  let beyond = 0;
  for (let from = first, to = dstStart; to < dstStart + BLOCK; from += 8, to += 4) {
    const [a, b, c, d] = [words[from]!, words[from + 2]!, words[from + 4]!, words[from + 6]!];
    beyond |= words[from + 1]! ^ (a >> 31);
    beyond |= words[from + 3]! ^ (b >> 31);
    beyond |= words[from + 5]! ^ (c >> 31);
    beyond |= words[from + 7]! ^ (d >> 31);
    dst[to] = a;
    dst[to + 1] = b;
    dst[to + 2] = c;
    dst[to + 3] = d;
  }
  return beyond === 0;
}

const castUint64: Loop<BigUint64Array> = (src, srcStart, count, dst, dstStart, stride) => {
  const words = new Uint32Array(src.buffer, src.byteOffset, src.length * 2);
  for (let i = 0, from = srcStart * 2, to = dstStart; i < count; i++, from += 2, to += stride) {
    dst[to] = doubleOf(words[from + 1]!, words[from]!);
  }
};

/**
 * Returns a 64-bit integer as a double that rounds to float32 as the integer itself would. A double holds 53 bits. For a larger
 * integer, the last 12 bits are folded into one sticky bit (rounding to odd), far below where float32 rounds, so that the store
 * to float32 is the only rounding (Boldo & Melquiond, Emulation of FMA and Correctly Rounded Sums, 2008).
 */
function doubleOf(high: number, low: number): number {
  const exact = high >= -0x200000 && high < 0x200000;
  const kept = exact ? low : ((low & 0xfffff000) | ((low & 0xfff) === 0 ? 0 : 0x800)) >>> 0;
  return high * 0x100000000 + kept;
}

/**
 * Decodes `count` elements from `srcStart` on to the front of `dst`. The result is exact, except that 64-bit integers beyond 2^53
 * are rounded once.
 */
export function decodeToFloat64(
  src: Values,
  dtype: DType,
  srcStart: number,
  count: number,
  dst: Float64Array,
): void {
  (ELEMENTS[dtype].toFloat64 as Decode<Values>)(src, srcStart, count, dst);
}

type Decode<Source> = (src: Source, srcStart: number, count: number, dst: Float64Array) => void;

const decodeNumber: Decode<Numbers> = (src, srcStart, count, dst) => {
  for (let i = 0; i < count; i++) dst[i] = src[srcStart + i]!;
};

const decodeBool: Decode<Uint8Array> = (src, srcStart, count, dst) => {
  for (let i = 0; i < count; i++) dst[i] = src[srcStart + i] === 0 ? 0 : 1;
};

const decodeFloat16: Decode<Uint16Array> = (src, srcStart, count, dst) => {
  FLOAT16 ??= float16Table();
  for (let i = 0; i < count; i++) dst[i] = FLOAT16[src[srcStart + i]!]!;
};

const decodeInt64: Decode<BigInt64Array> = (src, srcStart, count, dst) => {
  const words = new Uint32Array(src.buffer, src.byteOffset, src.length * 2);
  for (let i = 0, from = srcStart * 2; i < count; i++, from += 2)
    dst[i] = (words[from + 1]! | 0) * 0x100000000 + words[from]!;
};

const decodeUint64: Decode<BigUint64Array> = (src, srcStart, count, dst) => {
  const words = new Uint32Array(src.buffer, src.byteOffset, src.length * 2);
  for (let i = 0, from = srcStart * 2; i < count; i++, from += 2)
    dst[i] = words[from + 1]! * 0x100000000 + words[from]!;
};

let FLOAT16: Float32Array | undefined;

/** The values of all 65,536 float16 bit patterns (IEEE 754 binary16). Each is exact in float32. */
function float16Table(): Float32Array {
  return Float32Array.from({ length: 0x10000 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  });
}

/** Elements that are the numbers that their arrays hold. */
const NUMBER = { toFloat32: castNumber, toFloat64: decodeNumber };

/** How the elements of each type are read. */
const ELEMENTS = {
  bool: { toFloat32: castBool, toFloat64: decodeBool },
  int8: NUMBER,
  uint8: NUMBER,
  int16: NUMBER,
  uint16: NUMBER,
  int32: NUMBER,
  uint32: NUMBER,
  int64: { toFloat32: castInt64, toFloat64: decodeInt64 },
  uint64: { toFloat32: castUint64, toFloat64: decodeUint64 },
  float16: { toFloat32: castFloat16, toFloat64: decodeFloat16 },
  float32: NUMBER,
  float64: NUMBER,
} as const satisfies Record<DType, { readonly toFloat32: unknown; readonly toFloat64: unknown }>;

/** The types whose array elements are already their numeric values. */
const NUMBERS: ReadonlySet<DType> = new Set(
  (Object.keys(ELEMENTS) as DType[]).filter((dtype) => ELEMENTS[dtype] === NUMBER),
);

/** Casts `count` elements as `castToFloat32` does, to the type of `dst`. */
export type Cast<Target extends Values = Values> = (
  src: Values,
  dtype: DType,
  srcStart: number,
  count: number,
  dst: Target,
  dstStart: number,
  dstStride: number,
) => void;

/** The casts to the types that `--dtype` may name. */
const CASTS: { readonly [T in RequestedDType]: Cast<ValuesByDType[T]> } = { float32: castToFloat32 };

/** The element type of a matrix in memory: the requested type, or that of the file. */
export function loadedDType(own: DType, request: DTypeRequest = 'float32'): DType {
  return request === 'native' ? own : request;
}

/** The cast to a requested type that is not the type of the file. */
export function castTo(dtype: DType): Cast {
  return CASTS[dtype as RequestedDType] as Cast;
}

/** Copies `count` elements of a column without a cast; element i goes to `dst[dstStart + i·dstStride]`. */
export function copyStrided<T extends Values>(
  src: T,
  srcStart: number,
  count: number,
  dst: T,
  dstStart: number,
  dstStride: number,
): void {
  if (dstStride === 1) {
    (dst as Uint8Array).set(src.subarray(srcStart, srcStart + count) as Uint8Array, dstStart);
    return;
  }
  for (let i = 0, to = dstStart; i < count; i++, to += dstStride) dst[to] = src[srcStart + i]!;
}

/** Converts big-endian elements of 1, 2, 4 or 8 bytes to little-endian ones, in place. */
export function swapBytes(bytes: Uint8Array, elementBytes: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (elementBytes === 2) buffer.swap16();
  else if (elementBytes === 4) buffer.swap32();
  else if (elementBytes === 8) buffer.swap64();
}
