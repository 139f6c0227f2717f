import { describe, expect, it } from 'vitest';
import { matcherOf, printable, shortenedInside } from './text.js';

describe('text', () => {
  it('is matched by * alone', () => {
    const matches = (pattern: string, name: string) => matcherOf(pattern).test(name);
    expect(matches('main-*.json', 'main-12.json')).toBe(true);
    expect(matches('main-*.json', 'main-12xjson')).toBe(false);
    expect(matches('[a]{1}*', '[a]{1}\n')).toBe(true);
    expect(matches('[a]{1}', 'a')).toBe(false);
  });

  it('loses what would break a line', () => {
    expect(printable('a\r\n\tb')).toBe('a b');
    expect(printable('a\u009b31m\u2028b\u202ec\u2066d')).toBe('a 31m b c d');
    expect([printable('::error::x'), printable(' ::x'), printable('a::b')]).toEqual([
      ...[': :error::x', ' : :x', 'a::b'],
    ]);
  });

  it('loses its middle where both ends say something', () => {
    expect([6, 5, 4, 3, 2, 1, 0, -1].map((most) => shortenedInside('abcdef', most))).toEqual([
      ...['abcdef', 'ab…ef', 'ab…f', 'a…f', 'a…', '…', '', ''],
    ]);
  });
});
