import { describe, expect, it } from 'vitest';
import { castToFloat32, copyStrided, swapBytes } from './cast.js';

describe('castToFloat32', () => {
  const cast = (src: BigInt64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>, dtype: 'int64' | 'uint64') => {
    const dst = new Float32Array(src.length);
    castToFloat32(src, dtype, 0, src.length, dst, 0, 1);
    return dst;
  };

  /** The nearest float32 of an integer, ties to even, by exact arithmetic that is independent of the code under test. */
  function nearest(value: bigint): number {
    const magnitude = value < 0n ? -value : value;
    const drop = BigInt(Math.max(0, magnitude.toString(2).length - 24));
    let kept = magnitude >> drop;
    const rest = magnitude - (kept << drop);
    const half = drop === 0n ? 1n : 1n << (drop - 1n);
    if (rest > half || (rest === half && drop > 0n && kept % 2n === 1n)) kept += 1n;
    return Number(kept) * 2 ** Number(drop) * (value < 0n ? -1 : 1);
  }

  it('rounds 64-bit integers only once, around every power of two and its ties', () => {
    const values: bigint[] = [];
    for (let power = 20n; power < 64n; power++) {
      for (const step of [
        0n,
        1n << (power > 24n ? power - 24n : 0n),
        3n << (power > 24n ? power - 24n : 0n),
      ]) {
        for (const delta of [-2n, -1n, 0n, 1n, 2n]) values.push((1n << power) + step + delta);
      }
    }
    const unsigned = values.filter((value) => value >= 0n && value < 1n << 64n);
    expect([...cast(BigUint64Array.from(unsigned), 'uint64')]).toEqual(unsigned.map(nearest));
    const signed = values.filter((value) => value < 1n << 63n).flatMap((value) => [value, -value]);
    expect([...cast(BigInt64Array.from(signed), 'int64')]).toEqual(signed.map(nearest));
  });

  it('rounds an integer correctly that two roundings would get wrong', () => {
    const value = 2n ** 54n + 2n ** 30n + 1n;
    expect(Math.fround(Number(value))).not.toBe(nearest(value));
    expect([...cast(BigInt64Array.of(value), 'int64')]).toEqual([nearest(value)]);
  });

  it('casts every int64 correctly, whether or not its neighbours need more than 32 bits', () => {
    const length = 5000;
    const values = BigInt64Array.from({ length }, (_, i) => {
      if (i > 3000) return BigInt(i - 4000);
      return i % 1500 === 7
        ? (-1n) ** BigInt(i) * (2n ** 31n + BigInt(i))
        : BigInt(i * 400_000 - 600_000_000);
    });
    const dst = new Float32Array(2 * length + 1);
    castToFloat32(values, 'int64', 3, length - 3, dst, 2, 1);
    expect([...dst.subarray(2, length - 1)]).toEqual([...values.subarray(3)].map(nearest));
    castToFloat32(values, 'int64', 3, length - 3, dst, 2, 2);
    expect([...dst.filter((_, i) => i >= 2 && i % 2 === 0 && i < 2 * length - 4)]).toEqual(
      [...values.subarray(3)].map(nearest),
    );
  });

  it.each([
    [
      'float64',
      Float64Array.of(0.1, -0, 1e-46, 3.5e38, -Infinity, 16777217, 2 ** -149 * 1.5, 3.4028235677973366e38),
    ],
    ['int32', Int32Array.of(2 ** 31 - 1, -(2 ** 31), 16777217, -16777219)],
    ['uint32', Uint32Array.of(2 ** 32 - 1, 2 ** 31 + 129, 16777219)],
  ] as const)('rounds %s to nearest, ties to even', (dtype, values) => {
    for (const stride of [1, 2]) {
      const dst = new Float32Array(values.length * stride);
      castToFloat32(values, dtype, 0, values.length, dst, 0, stride);
      for (const [i, value] of values.entries()) expect(dst[i * stride]).toBe(Math.fround(value));
    }
  });

  it('writes elements a stride apart and leaves the others alone', () => {
    const dst = new Float32Array(7).fill(9);
    castToFloat32(Int8Array.of(1, 2, 3, 4), 'int8', 1, 3, dst, 1, 2);
    expect([...dst]).toEqual([9, 2, 9, 3, 9, 4, 9]);
  });

  it('reads any byte but 0 as true', () => {
    const dst = new Float32Array(3);
    castToFloat32(Uint8Array.of(0, 1, 200), 'bool', 0, 3, dst, 0, 1);
    expect([...dst]).toEqual([0, 1, 1]);
  });
});

it('copyStrided copies with and without a stride', () => {
  const dst = new BigInt64Array(4);
  copyStrided(BigInt64Array.of(1n, 2n, 3n), 1, 2, dst, 0, 2);
  expect([...dst]).toEqual([2n, 0n, 3n, 0n]);
  copyStrided(BigInt64Array.of(1n, 2n, 3n), 0, 3, dst, 1, 1);
  expect([...dst]).toEqual([2n, 1n, 2n, 3n]);
});

it('swapBytes reverses the bytes of each element, also in a part of a buffer', () => {
  const bytes = Uint8Array.of(9, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  const part = bytes.subarray(1, 9);
  swapBytes(part, 8);
  expect([...bytes]).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 9]);
  swapBytes(part, 2);
  expect([...part]).toEqual([7, 8, 5, 6, 3, 4, 1, 2]);
  swapBytes(part, 1);
  expect([...part]).toEqual([7, 8, 5, 6, 3, 4, 1, 2]);
});
