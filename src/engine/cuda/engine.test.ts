import { freemem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { strategiesNamed } from '../../plan/strategy.js';
import { DTYPES, STRATEGIES, type StrategyName } from '../../words.js';
import { CudaEngine } from './engine.js';
import { LibraryNotFound, libraryPaths } from './library.js';
import { MemoryLibrary } from './testing/memory-library.js';
import { onDevice, openOn, strategyOf } from './testing/on-device.js';
import { CASES } from './testing/suite.js';
import { datasetOf, planOf, verifyOn } from './testing/verify.js';

describe('the CUDA engine, on a driver in memory', () => {
  it.each(DTYPES)('gives every strategy the right scalars and bytes for %s', async (dtype) => {
    await onDevice(async (device) => {
      const epochs = new Set<string>();
      for (const name of STRATEGIES) {
        epochs.add((await verifyOn(device, datasetOf(dtype, 11, 5), name)).join());
      }
      expect(epochs.size).toBe(1);
    });
  });

  it('gives every strategy the right scalars and bytes for every kind of epoch', async () => {
    for (const sampling of ['slice', 'gather'] as const) {
      for (const remainder of ['keep', 'drop'] as const) {
        for (const fetch of ['step', 'epoch'] as const) {
          for (const readback of ['mapped', 'copy'] as const) {
            for (const batch of [1, 4, 11]) {
              const kind = { sampling, remainder, fetch, readback, batch: [batch] };
              await onDevice(async (device) => {
                const dataset = datasetOf('float32', 11, 5);
                const skipped: StrategyName[] = [];
                for (const strategy of strategiesNamed(STRATEGIES)) {
                  const support = device.supports(strategy, planOf(dataset, kind));
                  if (support === 'yes') await verifyOn(device, dataset, strategy.name, kind);
                  else skipped.push(strategy.name);
                }
                expect(skipped, JSON.stringify(kind)).toEqual(sampling === 'gather' ? ['pin-replay'] : []);
              });
            }
          }
        }
      }
    }
  });

  it.each(CASES.filter(({ name }) => name.startsWith('every strategy')))('$name', ({ run }) => onDevice(run));

  it('does not support pin-replay with gathered rows', async () => {
    await onDevice(async (device) => {
      const shape = { rows: 200_001, cols: 1, dtype: 'bool' } as const;
      const replay = strategyOf('pin-replay');
      expect(device.supports(replay, planOf(shape, { batch: [1] }))).toBe('yes');
      expect(device.supports(replay, planOf(shape, { batch: [1], sampling: 'gather' }))).toEqual({
        reason: 'a recorded CUDA graph cannot gather different rows in each epoch: use --sampling slice',
      });
    });
  });

  it('skips pin where the dataset does not fit, stating required and free memory, and still measures feed', async () => {
    await onDevice(
      async (device) => {
        const dataset = datasetOf('float32', 200, 5);
        const request = { batch: [10] };
        expect(device.supports(strategyOf('pin'), planOf(dataset, request))).toEqual({
          reason: expect.stringMatching(
            /^the dataset, 3\.91 KiB, does not fit in the 2\.\d+ KiB free on the device$/,
          ),
        });
        await expect(verifyOn(device, dataset, 'pin', request)).rejects.toMatchObject({
          name: 'StrategyUnavailable',
          message: expect.stringMatching(
            /^the dataset, 3\.91 KiB, does not fit in the 2\.\d+ KiB free on the device: the dataset needs 3\.91 KiB of device memory, but the driver refused/,
          ),
        });
        await verifyOn(device, dataset, 'feed', request);
      },
      { memoryBytes: 3000 },
    );
  });

  it.each([
    ['cuMemAlloc_v2', 2, 'unavailable'],
    ['cuMemHostAlloc', 2, 'unavailable'],
    ['cuModuleLoadDataEx', 2, 'unavailable'],
    ['cuStreamSynchronize', 700, 'thrown'],
    ['cuLaunchKernel', 719, 'thrown'],
    ['cuMemcpyHtoDAsync_v2', 1, 'thrown'],
    ['cuModuleLoadDataEx', 218, 'unavailable'],
    ['cuModuleGetFunction', 500, 'unavailable'],
    ['cuMemsetD8Async', 1, 'unavailable'],
    ['cuCtxSetCurrent', 201, 'thrown'],
    ['cuStreamCreate', 2, 'thrown'],
  ] as const)(
    'handles %s failing with %i (%s) without leaking anything that can still be released',
    async (call, status, how) => {
      const library = new MemoryLibrary({ fail: { [call]: [1, status] } });
      const dataset = datasetOf('float32', 11, 5);
      const work = async () => {
        const device = await openOn(library);
        try {
          const failed = await verifyOn(device, dataset, 'feed').catch((error: unknown) => error);
          if (how === 'unavailable') await verifyOn(device, dataset, 'pin');
          return failed;
        } finally {
          await device[Symbol.asyncDispose]();
        }
      };
      const error = await work().catch((thrown: unknown) => thrown);
      const lost = status === 700 || status === 719;
      if (how === 'unavailable') expect(error).toMatchObject({ name: 'StrategyUnavailable' });
      else {
        const message = expect.stringContaining(call);
        expect(error).toMatchObject({ code: 'engine', call, status, message, deviceIsLost: lost });
      }
      expect(library.live === 0).toBe(!lost);
    },
  );

  it('distinguishes a missing library, a missing device and a driver error', async () => {
    const none = new CudaEngine(async () => {
      throw new LibraryNotFound([{ path: 'libcuda.so.1', fault: { kind: 'absent' } }]);
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
      ...{ available: false, reason: expect.stringContaining('returned an error: cuInit') },
      remedy: expect.stringContaining('reboot'),
    });
  });

  it('lists the one device, and refuses to open a second', async () => {
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
    await using device = await engine.open(0);
    expect(device.freeBytes?.()).toBeGreaterThan(0);
  });

  it('looks for the library where drivers install it, never for the stub of the CUDA toolkit', () => {
    expect(libraryPaths('linux', undefined)[0]).toBe('libcuda.so.1');
    expect(libraryPaths('linux', '/opt/mine.so')).toEqual(['/opt/mine.so']);
    expect(libraryPaths('win32', undefined)).toEqual(['nvcuda.dll']);
    expect(libraryPaths('darwin', undefined)).toEqual([]);
    expect(libraryPaths('linux', undefined).filter((path) => path.endsWith('libcuda.so'))).toEqual([]);
  });
});
