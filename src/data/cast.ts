import type { DType } from '../words.js';
import type { Values } from './dataset.js';

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
  (LOOPS[dtype] as Loop<Values>)(src, srcStart, count, dst, dstStart, dstStride);
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
  if (dtype === 'int64' || dtype === 'uint64') {
    const words = new Uint32Array(src.buffer, src.byteOffset, src.length * 2);
    for (let i = 0, from = srcStart * 2; i < count; i++, from += 2) {
      const high = dtype === 'int64' ? words[from + 1]! | 0 : words[from + 1]!;
      dst[i] = high * 0x100000000 + words[from]!;
    }
    return;
  }
  const numbers = src as Numbers;
  if (dtype === 'float16') {
    FLOAT16 ??= float16Table();
    for (let i = 0; i < count; i++) dst[i] = FLOAT16[numbers[srcStart + i]!]!;
  } else if (dtype === 'bool') for (let i = 0; i < count; i++) dst[i] = numbers[srcStart + i] === 0 ? 0 : 1;
  else for (let i = 0; i < count; i++) dst[i] = numbers[srcStart + i]!;
}

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

const LOOPS = {
  bool: castBool,
  int8: castNumber,
  uint8: castNumber,
  int16: castNumber,
  uint16: castNumber,
  int32: castNumber,
  uint32: castNumber,
  int64: castInt64,
  uint64: castUint64,
  float16: castFloat16,
  float32: castNumber,
  float64: castNumber,
} as const satisfies Record<DType, unknown>;

/** The types whose array elements are already their numeric values. */
const NUMBERS: ReadonlySet<DType> = new Set(
  (Object.keys(LOOPS) as DType[]).filter((dtype) => LOOPS[dtype] === castNumber),
);

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
