import { describe, expect, it } from 'vitest';
import { matches, printable, shellPath, shortenedInMiddle, shortenedTogether, shown } from './text.js';

describe('text', () => {
  it('matches a pattern in which only * is special', () => {
    expect(matches('main-*.json', 'main-12.json')).toBe(true);
    expect(matches('main-*.json', 'main-12xjson')).toBe(false);
    expect(matches('[a]{1}*', '[a]{1}\n')).toBe(true);
    expect(matches('[a]{1}', 'a')).toBe(false);
  });

  it('loses characters and sequences that control a terminal or a CI service', () => {
    expect(printable('a\r\n\tb')).toBe('a b');
    expect(printable('a\u009b31m\u2028b\u202ec\u2066d')).toBe('a 31m b c d');
    expect(printable('a ##[error]b ##vso[task.x]c')).toBe('a # #[error]b # #vso[task.x]c');
    expect([printable('::error::x'), printable(' ::x'), printable('a::b')]).toEqual([
      ...[': :error::x', ' : :x', 'a::b'],
    ]);
  });

  it('is quoted for a shell if it is a path', () => {
    const paths = ['data.npy', 'my data.npy', "it's", '-x', 'a\nb', '$HOME', '日本'];
    expect(paths.map((path) => shellPath(path))).toEqual([
      ...['data.npy', "'my data.npy'", "'it'\\''s'", './-x', 'FILE', "'$HOME'", "'日本'"],
    ]);
  });

  it('keeps more of its beginning than of its end when it is shortened', () => {
    expect([6, 5, 4, 3, 2, 1, 0, -1].map((most) => shortenedInMiddle('abcdef', most))).toEqual([
      ...['abcdef', 'abc…f', 'ab…f', 'ab…', 'a…', '…', '', ''],
    ]);
  });

  it('loses its middle if it is too long', () => {
    expect(shortenedInMiddle('0123456789', 10)).toBe('0123456789');
    expect(shortenedInMiddle('0123456789', 9)).toBe('012345…89');
    expect(shown('n'.repeat(5000))).toHaveLength(60);
  });

  it('loses only whole characters, never half a surrogate pair', () => {
    for (let most = 4; most < 20; most++) {
      const text = shortenedInMiddle('😀'.repeat(20), most);
      expect(text).toMatch(/^(?:😀)*…(?:😀)*$/u);
      expect(text.length).toBeLessThanOrEqual(most);
    }
  });

  it('keeps short texts whole if several share the available length', () => {
    const of = (...lengths: number[]) => lengths.map((length) => 'x'.repeat(length));
    const lengths = (texts: readonly string[], most: number) =>
      shortenedTogether(texts, most).map(({ length }) => length);
    expect(lengths(of(5, 0, 20), 30)).toEqual([5, 0, 20]);
    expect(lengths(of(5, 100, 20), 65)).toEqual([5, 40, 20]);
    expect(lengths(of(100, 100, 5), 65)).toEqual([30, 30, 5]);
    expect(lengths(of(1000, 1000, 1000, 1000), 400)).toEqual([100, 100, 100, 100]);
  });
});
