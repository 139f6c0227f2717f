import { expect, it } from 'vitest';
import type { Device } from '../../src/engine/engine.js';
import { runCases } from './cases.js';

/** A device that does nothing; closing it fails where that is asked for. */
function deviceOf(closing = async () => {}): Device {
  return { [Symbol.asyncDispose]: closing } as Partial<Device> as Device;
}

const passes = { name: 'passes', run: async () => {} };
const fails = {
  name: 'fails',
  run: async () => {
    throw new Error('a wrong sum');
  },
};
const lost = async (): Promise<never> => {
  throw new Error('the device is lost');
};

async function resultOf(
  cases: readonly (typeof passes)[],
  reopen: () => Promise<Device> = async () => deviceOf(),
  device = deviceOf(),
) {
  const said: string[] = [];
  const counts = await runCases(cases, device, reopen, (sentence) => said.push(sentence));
  return { ...counts, said };
}

it('counts what passed and what failed, and goes on on a device opened anew', async () => {
  expect(await resultOf([passes, fails, passes])).toEqual({
    ...{ passed: 2, failed: 1, said: ['failed: fails: a wrong sum'] },
  });
});

it('stops where the device cannot be opened again: the rest failed, with the reason', async () => {
  const lostDevice = deviceOf(lost);
  expect(await resultOf([passes, fails, passes, passes], lost, lostDevice)).toEqual({
    ...{ passed: 1, failed: 3 },
    said: [
      'failed: fails: a wrong sum',
      'failed: closing the device: the device is lost',
      'failed: 2 more, not run: the device cannot be opened again: the device is lost',
    ],
  });
});

it('opens no device that no case needs', async () => {
  expect(await resultOf([passes, fails], lost)).toEqual({
    ...{ passed: 1, failed: 1, said: ['failed: fails: a wrong sum'] },
  });
});

it('a device that cannot be closed is a failure', async () => {
  expect(await resultOf([passes], undefined, deviceOf(lost))).toMatchObject({ passed: 1, failed: 1 });
});
