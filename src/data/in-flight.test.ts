import { expect, it } from 'vitest';
import { IN_FLIGHT, inFlight } from './in-flight.js';

const turn = () => new Promise((done) => setImmediate(done));

it('runs every task once, at most IN_FLIGHT at a time, and one at a time per lane', async () => {
  const ran: number[] = [];
  const busy = new Set<number>();
  let most = 0;
  await inFlight(50, async (index, lane) => {
    expect(busy.has(lane)).toBe(false);
    busy.add(lane);
    most = Math.max(most, busy.size);
    await turn();
    ran.push(index);
    busy.delete(lane);
  });
  expect(ran.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(most).toBe(IN_FLIGHT);
});

it('starts nothing after a failure, waits for running tasks and throws the first error', async () => {
  let [begun, ended] = [0, 0];
  const running = inFlight(50, async (index) => {
    begun += 1;
    await turn();
    if (index === 1) throw new Error('first');
    await turn();
    ended += 1;
    if (index === 2) throw new Error('second');
  });
  await expect(running).rejects.toThrow('first');
  expect(begun).toBe(IN_FLIGHT);
  expect(ended).toBe(IN_FLIGHT - 1);
});

it('does nothing for a count of 0', async () => {
  await inFlight(0, async () => {
    throw new Error('not called');
  });
});
