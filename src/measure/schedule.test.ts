import { describe, expect, it } from 'vitest';
import { schedule } from './schedule.js';

describe('schedule', () => {
  it('gives every contender one place in every round', () => {
    for (const turn of schedule(6, 25, 3)) expect([...turn].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('lets each contender stand before each other exactly half of the time, after any even number of rounds', () => {
    for (const contenders of [2, 3, 6]) {
      for (const rounds of [2, 10, 20]) {
        const turns = schedule(contenders, rounds, 7);
        for (let a = 0; a < contenders; a++) {
          for (let b = 0; b < a; b++) {
            expect(turns.filter((turn) => turn.indexOf(a) < turn.indexOf(b))).toHaveLength(rounds / 2);
          }
        }
      }
    }
  });

  it('puts each contender at each place equally often after twice as many rounds as contenders', () => {
    for (const contenders of [2, 3, 6]) {
      const turns = schedule(contenders, 4 * contenders, 11);
      for (let place = 0; place < contenders; place++) {
        for (let who = 0; who < contenders; who++) {
          expect(turns.filter((turn) => turn[place] === who)).toHaveLength(4);
        }
      }
    }
  });

  it('is drawn by the seed', () => {
    expect(schedule(2, 20, 1)).toEqual(schedule(2, 20, 1));
    const firsts = new Set(Array.from({ length: 50 }, (_, seed) => schedule(2, 20, seed).join(' ')));
    expect(firsts.size).toBeGreaterThan(40);
  });

  it('takes no turns from one contender or from none', () => {
    expect(schedule(1, 3, 1)).toEqual([[0], [0], [0]]);
  });
});
