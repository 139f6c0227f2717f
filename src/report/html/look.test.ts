import { describe, expect, it } from 'vitest';
import { STRATEGIES } from '../../words.js';
import { lookOf } from './look.js';
import { STYLE } from './style.js';

/** Relative luminance by WCAG 2. */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [lighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** The values of a custom property of the page, on a light and on a dark background. */
function property(name: string): [light: string, dark: string] {
  const found = [...STYLE.text.matchAll(new RegExp(`--${name}: (#[0-9a-f]{6})`, 'g'))];
  return found.map(([, colour]) => colour!) as [string, string];
}

describe('the colours', () => {
  it.each(['ink', 'muted', 'good', 'bad', 'note', ...STRATEGIES])(
    '%s is readable as text on a light and on a dark background',
    (name) => {
      for (const which of [0, 1] as const) {
        for (const ground of [property('ground')[which], property('raised')[which]])
          expect(contrast(property(name)[which], ground)).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  it('differ for every strategy, and so do the marks', () => {
    const marks = STRATEGIES.map((name) => lookOf(name).symbol);
    expect(new Set(marks).size).toBe(STRATEGIES.length);
    expect(new Set(STRATEGIES.map((name) => lookOf(name).colours[0])).size).toBe(STRATEGIES.length);
  });
});
