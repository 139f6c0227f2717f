import { expect, it } from 'vitest';
import { type Row, ratiosTable, timesTable } from './tables.js';

const row = (stepNs: Record<string, readonly number[] | 'wrong'>): Row[] => [
  { batch: 1024, strategy: 'feed', stepNs: new Map(Object.entries(stepNs)) },
];
/** The cells of the one row of a table, without the batch size and the strategy. */
const cells = (table: string) =>
  table
    .split('\n')
    .at(-1)!
    .split('|')
    .slice(3, -1)
    .map((cell) => cell.trim());

it('shows the median µs of each program', () => {
  const times = timesTable(row({ a: [9000, 1234, 1000], b: [2e6, 1e6, 3e6] }), ['a', 'b']);
  expect(cells(times)).toEqual(['1.23', '2,000']);
});

it('divides the times of each round, not the medians', () => {
  // The medians are 4 and 2; the ratios 4, 0.5 and 0.5.
  const rows = row({ a: [8, 1, 4], b: [2, 2, 8] });
  expect(cells(ratiosTable(rows, [['a', 'b']]))).toEqual(['0.50']);
});

it('adds the interval of the ratio from six rounds on', () => {
  const rows = row({ a: [2, 3, 4, 5, 6, 7], b: [1, 1, 1, 1, 1, 1] });
  expect(cells(ratiosTable(rows, [['a', 'b']]))).toEqual(['4.47 (2.00–7.00)']);
});

it('withholds every figure of a program with a wrong sum', () => {
  const rows = row({ a: 'wrong', b: [1, 1, 1] });
  expect(cells(timesTable(rows, ['a', 'b']))).toEqual(['wrong sum', '0.00100']);
  expect(
    cells(
      ratiosTable(rows, [
        ['a', 'b'],
        ['b', 'a'],
      ]),
    ),
  ).toEqual(['wrong sum', 'wrong sum']);
});
