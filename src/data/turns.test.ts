import { describe, expect, it } from 'vitest';
import { Turns } from './turns.js';

function keepBusy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('a long synchronous loop', () => {
  it('yields from time to time, so that timers run', async () => {
    const turns = new Turns();
    let [rounds, heard] = [0, false];
    setTimeout(() => {
      heard = true;
    }, 1);
    for (; !heard && rounds < 1000; rounds++) {
      keepBusy(1);
      if (turns.due) await turns.giveWay();
    }
    expect(rounds).toBeLessThan(200);
  });

  it('stops with the reason of its signal', async () => {
    const stop = new AbortController();
    const turns = new Turns(stop.signal);
    await turns.giveWay();
    expect(turns.due).toBe(false);
    stop.abort(new Error('enough'));
    await expect(turns.giveWay()).rejects.toThrow('enough');
  });
});
