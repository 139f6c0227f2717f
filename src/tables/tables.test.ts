import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { castTo, decodeToFloat64 } from '../data/cast.js';
import { allocate } from '../data/dataset.js';
import { surroundingsOfProcess } from '../terminal.js';
import { DTYPE_REQUESTS, DTYPES } from './dtypes.js';
import { AUTO_ORDER, ENGINE_TABLE, ENGINES } from './engines.js';
import { STRATEGIES, STRATEGY_TABLE } from './strategies.js';

const KERNELS = new URL('../engine/cuda/kernels/', import.meta.url);

describe('the table of engines', () => {
  it.each(ENGINES)('calls %s what it calls itself', async (name) => {
    const engine = await ENGINE_TABLE[name].load(surroundingsOfProcess());
    expect(engine.name).toBe(name);
  });

  it('gives each engine a place of its own in the order of auto', () => {
    expect(AUTO_ORDER.toSorted()).toEqual(ENGINES.toSorted());
    // `auto` takes cpu where nothing before it has a GPU.
    expect(AUTO_ORDER.at(-1)).toBe('cpu');
    expect(new Set(ENGINES.map((name) => ENGINE_TABLE[name].auto)).size).toBe(ENGINES.length);
  });
});

describe('the table of strategies', () => {
  it('draws no two strategies alike on a terminal', () => {
    expect(new Set(STRATEGIES.map((name) => STRATEGY_TABLE[name].look.letter)).size).toBe(STRATEGIES.length);
  });
});

describe('the table of element types', () => {
  it.each(DTYPES)('has a kernel for %s, which make.sh makes', (dtype) => {
    expect(existsSync(new URL(`sum_of_squares_${dtype}.ptx`, KERNELS))).toBe(true);
    expect(readFileSync(new URL('make.sh', KERNELS), 'utf8')).toMatch(new RegExp(`\\b${dtype}:`));
  });

  it.each(DTYPE_REQUESTS.filter((request) => request !== 'native'))('casts every type to %s', (to) => {
    for (const from of DTYPES) {
      const source = allocate(from, 3);
      const target = allocate(to, 3);
      // One and zeros, which every type holds. What stands for one is found by its value.
      const one = Array.from({ length: 0x10000 }, (_, bits) => bits).find(
        (bits) => oneDecoded(from, bits) === 1,
      );
      source[1] = (typeof source[1] === 'bigint' ? BigInt(one!) : one!) as never;
      castTo(to)(source, from, 0, 3, target, 0, 1);
      const decoded = new Float64Array(3);
      decodeToFloat64(target, to, 0, 3, decoded);
      expect([...decoded], from).toEqual([0, 1, 0]);
    }
  });
});

function oneDecoded(dtype: (typeof DTYPES)[number], element: number): number {
  const values = allocate(dtype, 1);
  values[0] = (typeof values[0] === 'bigint' ? BigInt(element) : element) as never;
  const decoded = new Float64Array(1);
  decodeToFloat64(values, dtype, 0, 1, decoded);
  return decoded[0]!;
}
