import { describe, expect, it } from 'vitest';
import type { CallName } from '../engine/cuda/declarations.js';
import { MemoryLibrary } from '../engine/cuda/testing/memory-library.js';
import { openOn } from '../engine/cuda/testing/on-device.js';
import { datasetOf } from '../engine/cuda/testing/verify.js';
import type { Device, Session } from '../engine/engine.js';
import { plansOf } from '../plan/plan.js';
import { strategiesNamed } from '../plan/strategy.js';
import { settingsOf } from '../settings.js';
import { STRATEGIES, type StrategyName } from '../words.js';
import { measure } from './measure.js';
import { silent } from './progress.js';
import { VirtualClock } from './testing/fake-engine.js';

/** Status codes that affect only the strategy whose setup fails with them. */
const RECOVERABLE = [2, 1, 304, 801, 802, 900, 999] as const;

/** Wraps a device so that `before` and `after` are called around everything that sets up one strategy. */
function around(device: Device, name: StrategyName, before: () => void, after: () => void): Device {
  const within = async <T>(work: () => Promise<T>): Promise<T> => {
    before();
    try {
      return await work();
    } finally {
      after();
    }
  };
  const prepare: Device['prepare'] = async (dataset, plan, strategy) => {
    if (strategy.name !== name) return device.prepare(dataset, plan, strategy);
    const session = await within(() => device.prepare(dataset, plan, strategy));
    return delegating(session, { setup: () => within(() => session.setup()) });
  };
  // The real callsNsPerStep uses its own clock and would take longer than the rest of the test.
  return delegating(device, { prepare, callsNsPerStep: () => 0 });
}

/** An object with the methods of `own`, and those of `target` otherwise. */
function delegating<T extends Device | Session>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get(object, key) {
      if (key in own) return own[key as keyof T];
      const value = Reflect.get(object, key, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}

const dataset = datasetOf('float32', 12, 5);
const settings = settingsOf({ batch: 4, epochs: 1, minTimeNs: 0, warmup: 0, strategy: 'all' });

/** Measures every strategy. The manipulated one comes first, so that it cannot reuse what the others have created. */
async function measureAll(library: MemoryLibrary, name: StrategyName, before: () => void, after: () => void) {
  const device = await openOn(library);
  const clock = new VirtualClock(1000);
  const opened = { engine: 'cuda', device: around(device, name, before, after) } as const;
  try {
    return await measure({
      ...{ dataset, plans: plansOf(dataset, settings).plans, engines: [opened], settings, clock },
      ...{ startedNs: 0, progress: silent },
      strategies: [name, ...STRATEGIES.filter((other) => other !== name)].flatMap((one) =>
        strategiesNamed([one]),
      ),
    });
  } finally {
    await device[Symbol.asyncDispose]();
  }
}

/** The driver calls that the setup of a strategy makes. */
async function callsOf(name: StrategyName): Promise<CallName[]> {
  const library = new MemoryLibrary();
  const made = new Set<CallName>();
  let known = new Map<CallName, number>();
  const before = () => {
    known = new Map(library.calls);
  };
  const after = () => {
    for (const [call, times] of library.calls) if (times > (known.get(call) ?? 0)) made.add(call);
  };
  await measureAll(library, name, before, after);
  return [...made];
}

describe('a driver call that fails during the setup of a strategy', () => {
  it.each(STRATEGIES)(
    'skips %s with a reason that includes a remedy, and measures the others',
    async (name) => {
      const calls = await callsOf(name);
      expect(calls.length).toBeGreaterThan(5);
      for (const call of calls) {
        for (const status of RECOVERABLE) {
          const library = new MemoryLibrary();
          const { measurements, incomplete } = await measureAll(
            library,
            name,
            () => library.fail(call, 1, status),
            () => library.mend(),
          );
          const what = `${call} returning ${status}`;
          expect(incomplete, what).toBeUndefined();
          expect(library.live, what).toBe(0);
          const [first, ...others] = measurements;
          expect(
            others.map((other) => other.status),
            what,
          ).toEqual(others.map(() => 'measured'));
          // If the dataset's own memory cannot be page-locked, it is copied instead.
          if (call === 'cuMemHostRegister_v2') expect(first!.status).toBe('measured');
          else
            expect(first, what).toMatchObject({ status: 'skipped', reason: expect.stringMatching(/; \w/) });
        }
      }
    },
  );

  it('ends the measurement on the engine if the device is lost', async () => {
    const library = new MemoryLibrary();
    const { measurements, incomplete } = await measureAll(
      library,
      'pin',
      () => library.fail('cuMemsetD8Async', 1, 719),
      () => library.mend(),
    );
    expect(measurements.map(({ status }) => status)).not.toContain('measured');
    expect(incomplete?.reason).toContain('719');
  });
});
