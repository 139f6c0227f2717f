import { freemem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../measure/clock.js';
import { measure } from '../../measure/measure.js';
import type { Measured } from '../../measure/measurement.js';
import { silent } from '../../measure/progress.js';
import { type PlanRequest, planCells } from '../../plan/plan.js';
import { strategiesNamed } from '../../plan/strategy.js';
import { DTYPES, STRATEGIES, type StrategyName } from '../../words.js';
import { CudaEngine } from './engine.js';
import { LibraryNotFound, libraryPaths } from './library.js';
import { MemoryLibrary, type MemoryOptions } from './testing/memory-library.js';
import { datasetOf, REQUEST } from './testing/verify.js';

/** Measures on an in-memory driver: verified against the reference, bytes held against the plan. */
async function measureOn(
  library: MemoryLibrary,
  request: Partial<PlanRequest> = {},
  names: readonly StrategyName[] = STRATEGIES,
  dataset = datasetOf('float32', 11, 5),
) {
  const device = await new CudaEngine(async () => library, freemem).open(0);
  try {
    return await measure({
      dataset,
      plans: planCells(dataset, { ...REQUEST, ...request }),
      strategies: strategiesNamed(names),
      engines: [{ engine: 'cuda', device }],
      clock: systemClock,
      progress: silent,
    });
  } finally {
    await device[Symbol.asyncDispose]();
  }
}

describe('the CUDA engine, on a driver in memory', () => {
  it.each(DTYPES)('gives every strategy the right scalars and bytes for %s', async (dtype) => {
    const library = new MemoryLibrary();
    const { measurements } = await measureOn(library, {}, STRATEGIES, datasetOf(dtype, 11, 5));
    expect(measurements.map(({ status, strategy }) => `${strategy.name} ${status}`)).toEqual(
      STRATEGIES.map((name) => `${name} measured`),
    );
    expect(new Set((measurements as Measured[]).map(({ epochSum }) => epochSum)).size).toBe(1);
    expect(library.live).toBe(0);
  });

  it('does so for every kind of epoch', async () => {
    for (const sampling of ['slice', 'gather'] as const) {
      for (const remainder of ['keep', 'drop'] as const) {
        for (const fetch of ['step', 'epoch'] as const) {
          for (const readback of ['mapped', 'copy'] as const) {
            for (const batch of [1, 4, 11]) {
              const library = new MemoryLibrary();
              const kind = { sampling, remainder, fetch, readback, batches: [batch] };
              const { measurements } = await measureOn(library, kind);
              const skipped = measurements
                .filter(({ status }) => status === 'skipped')
                .map((m) => m.strategy.name);
              expect(skipped, JSON.stringify(kind)).toEqual(sampling === 'gather' ? ['pin-replay'] : []);
              expect(library.live).toBe(0);
            }
          }
        }
      }
    }
  });

  it('does nothing hidden: calls a step are what the strategy says', async () => {
    const COUNTED = [
      'cuMemcpyHtoDAsync_v2',
      'cuMemcpyDtoHAsync_v2',
      'cuLaunchKernel',
      'cuGraphLaunch',
      'cuStreamSynchronize',
    ] as const;
    const callsOf = async (name: StrategyName, readback: 'mapped' | 'copy') => {
      const library = new MemoryLibrary();
      const dataset = datasetOf('float32', 12, 5);
      const device = await new CudaEngine(async () => library, freemem).open(0);
      const plan = planCells(dataset, { ...REQUEST, readback })[0]!;
      const session = await device.prepare(dataset, plan, strategiesNamed([name])[0]!);
      await session.setup();
      const before = COUNTED.map((call) => library.calls.get(call) ?? 0);
      session.epoch(Int32Array.of(2, 0, 1, 3), new Float64Array(4));
      const after = COUNTED.map((call) => library.calls.get(call) ?? 0);
      await session[Symbol.asyncDispose]();
      await device[Symbol.asyncDispose]();
      return after.map((count, i) => count - before[i]!);
    };
    expect({
      feed: await callsOf('feed', 'mapped'),
      pin: await callsOf('pin', 'mapped'),
      'pin, copied back': await callsOf('pin', 'copy'),
      'feed-locked': await callsOf('feed-locked', 'mapped'),
      'feed-ahead': await callsOf('feed-ahead', 'mapped'),
      'pin-replay': await callsOf('pin-replay', 'mapped'),
      'zero-copy': await callsOf('zero-copy', 'mapped'),
    }).toEqual({
      feed: [4, 0, 4, 0, 4],
      pin: [0, 0, 4, 0, 4],
      'pin, copied back': [0, 4, 4, 0, 4],
      'feed-locked': [4, 0, 4, 0, 4],
      'feed-ahead': [4, 0, 4, 0, 4],
      'pin-replay': [1, 0, 0, 1, 1],
      'zero-copy': [0, 0, 4, 0, 4],
    });
  });

  it('tells the parts of a step and the floor under it, where they follow each other', async () => {
    const { measurements, floorNs } = await measureOn(new MemoryLibrary());
    const phases = (measurements as Measured[]).map((m) => [m.strategy.name, m.phases]);
    const each = { copy: 1000, graph: 1000, fetch: 1000 };
    const rounded = phases.map(([name, p]) => [
      name,
      p && JSON.parse(JSON.stringify(p, (_, v) => (typeof v === 'number' ? Math.round(v) : v))),
    ]);
    expect(Object.fromEntries(rounded)).toEqual({
      ...{ feed: each, pin: each, 'feed-locked': each, 'feed-ahead': undefined, 'pin-replay': undefined },
      'zero-copy': each,
    });
    expect(floorNs?.cuda).toBeGreaterThan(0);
  });

  it('page-locks the dataset where it is, unless it is copied from pageable memory too', async () => {
    const LOCKED = ['feed-locked', 'feed-ahead', 'zero-copy'] as const;
    const lockedInPlace = async (names: readonly StrategyName[], options?: MemoryOptions) => {
      const library = new MemoryLibrary(options);
      const { measurements } = await measureOn(library, {}, names);
      expect(measurements.map(({ status }) => status)).toEqual(names.map(() => 'measured'));
      expect(library.live).toBe(0);
      return library.calls.get('cuMemHostRegister_v2') ?? 0;
    };
    expect(await lockedInPlace(LOCKED)).toBe(1);
    expect(await lockedInPlace(['pin', ...LOCKED])).toBe(1);
    expect(await lockedInPlace(['feed', ...LOCKED])).toBe(0);
    // A system that cannot lock memory in place gets a copy that is locked.
    expect(await lockedInPlace(LOCKED, { fail: { cuMemHostRegister_v2: [1, 801] } })).toBeGreaterThan(0);
  });

  it('skips pin with both numbers where the dataset does not fit, and feeds it all the same', async () => {
    const library = new MemoryLibrary({ memoryBytes: 3000 });
    const dataset = datasetOf('float32', 200, 5);
    const { measurements } = await measureOn(library, { batches: [10] }, ['feed', 'pin'], dataset);
    expect(measurements).toMatchObject([
      { status: 'measured' },
      {
        status: 'skipped',
        reason: expect.stringMatching(
          /^the dataset, 3\.91 KiB, does not fit in the 2\.\d+ KiB free on the device$/,
        ),
      },
    ]);
    expect(library.live).toBe(0);
  });

  it.each([
    ['cuMemAlloc_v2', 2, 'skipped'],
    ['cuMemHostAlloc', 2, 'skipped'],
    ['cuStreamSynchronize', 700, 'thrown'],
    ['cuLaunchKernel', 719, 'thrown'],
    ['cuMemcpyHtoDAsync_v2', 1, 'thrown'],
    ['cuModuleLoadDataEx', 218, 'thrown'],
    ['cuModuleGetFunction', 500, 'thrown'],
    ['cuMemsetD8Async', 1, 'thrown'],
    ['cuCtxSetCurrent', 201, 'thrown'],
    ['cuStreamCreate', 2, 'thrown'],
  ] as const)(
    'survives %s failing with %i: %s, and leaks nothing the driver would still take back',
    async (call, status, how) => {
      const fail: MemoryOptions['fail'] = { [call]: [1, status] };
      const library = new MemoryLibrary({ fail });
      const outcome = await measureOn(library, {}, ['feed', 'pin']).catch((error: unknown) => error);
      if (how === 'skipped') {
        expect(outcome).toMatchObject({ measurements: [{ status: 'skipped' }, { status: 'measured' }] });
      } else {
        expect(outcome).toMatchObject({
          code: 'engine',
          call,
          status,
          message: expect.stringContaining(call),
        });
      }
      const sticky = status === 700 || status === 719;
      expect(library.live === 0).toBe(!sticky);
    },
  );

  it('tells no library, no device and a refusing driver apart', async () => {
    const none = new CudaEngine(async () => {
      throw new LibraryNotFound('libcuda.so.1: cannot open');
    }, freemem);
    expect(await none.probe()).toMatchObject({
      available: false,
      reason: expect.stringContaining('no CUDA driver library'),
    });
    const empty = new CudaEngine(async () => new MemoryLibrary({ devices: 0 }), freemem);
    expect(await empty.probe()).toMatchObject({
      available: false,
      reason: expect.stringContaining('finds no device'),
    });
    const refusing = new CudaEngine(async () => new MemoryLibrary({ fail: { cuInit: [1, 803] } }), freemem);
    expect(await refusing.probe()).toMatchObject({
      ...{ available: false, reason: expect.stringContaining('refused: cuInit') },
      remedy: expect.stringContaining('reboot'),
    });
  });

  it('shows the device, and has no second one', async () => {
    const engine = new CudaEngine(async () => new MemoryLibrary(), freemem);
    expect(await engine.probe()).toMatchObject({
      available: true,
      devices: [
        {
          name: 'In-memory device',
          gpu: true,
          runtime: 'CUDA 13.0',
          computeCapability: '9.0',
          multiprocessors: 4,
        },
      ],
    });
    await expect(engine.open(1)).rejects.toMatchObject({ code: 'engine', subject: '--device 1' });
  });

  it('looks for the library where drivers put it, never for the toolkit’s stub', () => {
    expect(libraryPaths('linux', undefined)[0]).toBe('libcuda.so.1');
    expect(libraryPaths('linux', '/opt/mine.so')).toEqual(['/opt/mine.so']);
    expect(libraryPaths('win32', undefined)).toEqual(['nvcuda.dll']);
    expect(libraryPaths('darwin', undefined)).toEqual([]);
    expect(libraryPaths('linux', undefined).filter((path) => path.endsWith('libcuda.so'))).toEqual([]);
  });
});
