import { describe, expect, it } from 'vitest';
import { schedule as endless } from './schedule.js';

const schedule = (rows: number, rounds: number, seed: number) => {
  const turns = endless(rows, seed);
  return Array.from({ length: rounds }, () => turns.next().value);
};

describe('schedule', () => {
  it('includes every row exactly once in every round', () => {
    for (const turn of schedule(6, 25, 3)) expect([...turn].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('puts each row before every other row exactly half of the time, after any even number of rounds', () => {
    for (const rows of [2, 3, 6]) {
      for (const rounds of [2, 10, 20]) {
        const turns = schedule(rows, rounds, 7);
        for (let a = 0; a < rows; a++) {
          for (let b = 0; b < a; b++) {
            expect(turns.filter((turn) => turn.indexOf(a) < turn.indexOf(b))).toHaveLength(rounds / 2);
          }
        }
      }
    }
  });

  it('puts each row at each place equally often after twice as many rounds as rows', () => {
    for (const rows of [2, 3, 6]) {
      const turns = schedule(rows, 4 * rows, 11);
      for (let place = 0; place < rows; place++) {
        for (let who = 0; who < rows; who++) {
          expect(turns.filter((turn) => turn[place] === who)).toHaveLength(4);
        }
      }
    }
  });

  it('is determined by the seed', () => {
    expect(schedule(2, 20, 1)).toEqual(schedule(2, 20, 1));
    const firsts = new Set(Array.from({ length: 50 }, (_, seed) => schedule(2, 20, seed).join(' ')));
    expect(firsts.size).toBeGreaterThan(40);
  });

  it('supports a single row', () => {
    expect(schedule(1, 3, 1)).toEqual([[0], [0], [0]]);
  });
});
