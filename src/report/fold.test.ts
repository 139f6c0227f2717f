import { describe, expect, it } from 'vitest';
import { shortened, wrapped } from './fold.js';

describe('shortened', () => {
  it('keeps text that fits and cuts text that does not, by its width on a terminal', () => {
    expect(shortened('node-1', 6)).toBe('node-1');
    expect(shortened('node-12', 6)).toBe('node-…');
    expect(shortened('節点節点', 5)).toBe('節点…');
    expect(shortened('👩‍🚀 a', 4)).toBe('👩‍🚀 a');
  });
});

describe('wrapped', () => {
  it('breaks between words, and within a word that is wider than a line', () => {
    expect(wrapped('a step of pin', 6)).toEqual(['a step', 'of pin']);
    expect(wrapped('see /a/long/path now', 6)).toEqual(['see', '/a/lon', 'g/path', 'now']);
    expect(wrapped('節点節点', 5)).toEqual(['節点', '節点']);
    expect(wrapped('', 5)).toEqual(['']);
  });

  it('keeps a number together with its unit', () => {
    expect(wrapped('each at 95 %).', 12)).toEqual(['each at', '95 %).']);
    expect(wrapped('takes 13.1 µs or 2 GB/s', 11)).toEqual(['takes', '13.1 µs or', '2 GB/s']);
    expect(wrapped('a step was', 7)).toEqual(['a step', 'was']);
    expect(wrapped('named x ::error::y', 9)).toEqual(['named x', ': :error::', 'y']);
  });
});
