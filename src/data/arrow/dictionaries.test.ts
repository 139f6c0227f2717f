import { describe, expect, it } from 'vitest';
import type { Batch } from './batch.js';
import { Dictionaries } from './dictionaries.js';

/** A part that its number of rows identifies. */
const part = (rows: number) =>
  ({
    rows,
    nodes: [],
    bodyPosition: 0,
    buffers: [],
    firstBuffers: [],
    compression: 'none',
    dictionariesBefore: 0,
  }) as Batch;
const partsAt = (dictionaries: Dictionaries, id: bigint, before: number) => {
  const place = dictionaries.at(id, before);
  return place?.generation.parts.slice(0, place.parts).map(({ rows }) => rows);
};

describe('the dictionaries of a file', () => {
  it('are known as of each position: deltas extend a dictionary, others replace it', () => {
    const dictionaries = new Dictionaries(new Set([1n, 2n]));
    dictionaries.add({ id: 1n, isDelta: false, batch: part(10) });
    dictionaries.add({ id: 2n, isDelta: false, batch: part(20) });
    dictionaries.add({ id: 1n, isDelta: true, batch: part(11) });
    dictionaries.add({ id: 1n, isDelta: false, batch: part(12) });
    dictionaries.add({ id: 1n, isDelta: true, batch: part(13) });
    expect(dictionaries.count).toBe(5);
    const expected = [undefined, [10], [10], [10, 11], [12], [12, 13]];
    expect(expected.map((_, before) => partsAt(dictionaries, 1n, before))).toEqual(expected);
    expect([1, 2, 5].map((before) => partsAt(dictionaries, 2n, before))).toEqual([undefined, [20], [20]]);
    expect(dictionaries.at(3n, 5)).toBeUndefined();
  });

  it('are not kept if nobody asks for them, but are known to exist', () => {
    const dictionaries = new Dictionaries(new Set([2n]));
    dictionaries.add({ id: 1n, isDelta: false, batch: part(1) });
    expect(dictionaries.has(1n)).toBe(true);
    expect(dictionaries.has(2n)).toBe(false);
    expect(dictionaries.at(1n, 1)).toBeUndefined();
  });

  it('may be very many, both in ids and in parts', () => {
    const count = 200_000;
    const ids = Array.from({ length: count }, (_, id) => BigInt(id));
    const dictionaries = new Dictionaries(new Set(ids));
    const began = performance.now();
    for (const id of ids) dictionaries.add({ id, isDelta: false, batch: part(1) });
    for (let i = 0; i < count; i++) dictionaries.add({ id: 7n, isDelta: true, batch: part(2) });
    for (let i = 0; i < count; i++) dictionaries.at(7n, count + i);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(dictionaries.at(7n, 2 * count)!.parts).toBe(count + 1);
  });
});
