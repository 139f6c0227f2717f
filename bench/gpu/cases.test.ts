import { expect, it } from 'vitest';
import type { Device } from '../../src/engine/engine.js';
import { runCases } from './cases.js';

/** A device that does nothing when it is closed, or what `closing` does. */
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

it('counts passed and failed cases, and continues with a reopened device', async () => {
  expect(await resultOf([passes, fails, passes])).toEqual({
    ...{ passed: 2, failed: 1, said: ['failed: fails: a wrong sum'] },
  });
});

it('counts the remaining cases as failed, with the reason, if the device cannot be reopened', async () => {
  const lostDevice = deviceOf(lost);
  expect(await resultOf([passes, fails, passes, passes], lost, lostDevice)).toEqual({
    ...{ passed: 1, failed: 3 },
    said: [
      'failed: fails: a wrong sum',
      'failed: closing the device: the device is lost',
      'failed: 2 more, not run because the device cannot be reopened: the device is lost',
    ],
  });
});

it('does not reopen the device after the last case', async () => {
  expect(await resultOf([passes, fails], lost)).toEqual({
    ...{ passed: 1, failed: 1, said: ['failed: fails: a wrong sum'] },
  });
});

it('counts a device that cannot be closed as a failure', async () => {
  expect(await resultOf([passes], undefined, deviceOf(lost))).toMatchObject({ passed: 1, failed: 1 });
});
