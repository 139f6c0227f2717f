import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatInteger,
  formatRatio,
  formatRatios,
  formatTimeLeft,
  parseDurationNs,
} from './units.js';

describe('units', () => {
  it('formats bytes in binary units', () => {
    expect(
      [0, 24, 40.04, 1023, 1023.5, 1024, 1536, 1048064, 2 ** 30, 141 * 2 ** 30, 3 * 2 ** 40].map(formatBytes),
    ).toEqual([
      ...['0 B', '24 B', '40 B', '1023 B', '1.00 KiB', '1.00 KiB', '1.50 KiB', '1.00 MiB'],
      ...['1.00 GiB', '141 GiB', '3.00 TiB'],
    ]);
  });

  it('formats durations with three digits, never 1000 of a unit', () => {
    expect(
      [0, 0.26, 21.04, 999.4, 999.6, 1234, 12_345, 999_600, 1e6, 1.5e9, 99e9, 100e9, 3723e9].map(
        formatDuration,
      ),
    ).toEqual([
      ...['0 ns', '0.3 ns', '21 ns', '999.4 ns', '1.00 µs', '1.23 µs', '12.3 µs', '1.00 ms', '1.00 ms'],
      ...['1.50 s', '99.0 s', '1 min 40 s', '1 h 2 min'],
    ]);
    expect(formatDuration(Number.POSITIVE_INFINITY)).toBe('–');
  });

  it('formats the time left in whole seconds, rounded up and never as 60 seconds', () => {
    expect(
      [0, 1, 0.4e9, 40e9, 59.01e9, 60e9, 100e9, 119.5e9, 179.6e9, 3599.5e9, 3600e9, 7500e9].map(
        formatTimeLeft,
      ),
    ).toEqual([
      ...['0 s', '1 s', '1 s', '40 s', '1m00', '1m00', '1m40', '2m00', '3m00', '1h00', '1h00', '2h05'],
    ]);
  });

  it('formats counts and ratios', () => {
    expect([0, 5, 0.5, 9999, 10_000, 123_456, 2e9, 3.2e12].map(formatCount)).toEqual([
      ...['0', '5', '0.50', '9999', '10.0 k', '123 k', '2.00 G', '3.20 T'],
    ]);
    expect([0.5, 0.998, 1, 1.0321, 1.31, 12.34, 123.4].map(formatRatio)).toEqual([
      ...['0.50', '0.998', '1.000', '1.032', '1.31', '12.3', '123'],
    ]);
    expect(formatRatios(0.81, 0.988, 1.2)).toEqual(['0.810', '0.988', '1.200']);
    expect(formatInteger(1_234_567)).toBe('1,234,567');
  });

  it('parses durations', () => {
    expect(['90', '90s', '250ms', '1.5m', '2 min', '1h'].map(parseDurationNs)).toEqual([
      90e9, 90e9, 250e6, 90e9, 120e9, 3.6e12,
    ]);
    expect(['1 min 40 s', '2h5m', formatDuration(100e9)].map(parseDurationNs)).toEqual([
      100e9, 7.5e12, 100e9,
    ]);
    const others = ['', 'soon', '-1s', '0s', '1d', '1e3s', '1 s s', '1 min 40', '1 40s', '1m2d'];
    expect(others.map(parseDurationNs)).toEqual(others.map(() => undefined));
  });
});
