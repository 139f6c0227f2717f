import { describe, expect, it } from 'vitest';
import { StrategyUnavailable } from '../engine/engine.js';
import { PinbenchError } from '../errors.js';
import { strategiesNamed } from '../plan/strategy.js';
import { STRATEGIES } from '../words.js';
import { measure } from './measure.js';
import type { Measured } from './measurement.js';
import { VirtualClock } from './testing/fake-engine.js';
import { type FakeRun, fakeRun } from './testing/fake-run.js';

const measuredOf = async ({ request }: ReturnType<typeof fakeRun>) =>
  (await measure(request)).measurements as Measured[];
/** Options that measure exactly this many epochs, in blocks of any length. */
const exactly = (epochs: number): FakeRun => ({ epochs, minTimeNs: 0 });
const timedSteps = (log: readonly string[], strategy: string) =>
  log
    .filter((line) => line.startsWith(`steps ${strategy} `))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

describe('measure', () => {
  it('allocates, uploads, verifies and warms up before the first round, and releases in reverse', async () => {
    const { device, request } = fakeRun({ stepNs: () => 1e9 }, { ...exactly(1), warmup: 2 });
    await measure(request);
    const kinds = device.log.map((line) => line.split(' ').slice(0, 2).join(' '));
    const phases = kinds.filter((kind, i) => kind !== kinds[i - 1]);
    // Each strategy has a discarded allocation, four timed ones and the one that stays; then come the uploads.
    expect(kinds.filter((kind) => kind === 'prepare feed')).toHaveLength(6);
    expect(kinds.filter((kind) => kind === 'setup pin')).toHaveLength(9);
    const lastSetup = phases.findLastIndex((kind) => kind.startsWith('setup'));
    // Each phase (verify, warm up, measure) runs for all strategies before the next. The last round may have either sequence.
    const after = phases.slice(lastSetup + 1);
    expect(after.slice(0, 4)).toEqual(['steps feed', 'steps pin', 'steps feed', 'steps pin']);
    expect(after.slice(-2)).toEqual(['dispose pin', 'dispose feed']);
    // One step of a second is verified, one warms up, one is measured.
    expect(timedSteps(device.log, 'pin')).toBe(1 + 1 + 1);
  });

  it('warms up for at least a fifth of a second, but not at all with zero warm-up epochs', async () => {
    const warmed = fakeRun({ stepNs: () => 10e6 }, { ...exactly(1), warmup: 3 });
    await measure(warmed.request);
    expect(timedSteps(warmed.device.log, 'pin')).toBe(1 + 20 + 1);
    const cold = fakeRun({ stepNs: () => 10e6 }, { ...exactly(1), warmup: 0 });
    await measure(cold.request);
    expect(timedSteps(cold.device.log, 'pin')).toBe(2);
  });

  it('warms up for at most a second, however long the warm-up epochs are', async () => {
    const { device, request } = fakeRun(
      { stepNs: () => 10e6 },
      { epochs: 1, warmup: 3, rows: 5000, batch: 1 },
    );
    const steps = async () => {
      await measure(request);
      return timedSteps(device.log, 'feed');
    };
    // A second of verification and a second of warm-up precede the epoch.
    expect(await steps()).toBeLessThan(5000 + 220);
  });

  it('measures exactly the requested epochs without a shortest block, in rounds of all strategies', async () => {
    const [feed, pin] = await measuredOf(fakeRun({}, { ...exactly(50), rows: 8, batch: 2 }));
    for (const row of [feed!, pin!]) {
      expect(row).toMatchObject({ steps: 200, verifiedSteps: 200 });
      expect(row.samplesNs).toEqual(Array(20).fill(1000));
    }
  });

  it('runs one round per epoch if there are few epochs', async () => {
    const [feed] = await measuredOf(fakeRun({ stepNs: () => 20e6 }, { epochs: 3 }));
    expect(feed).toMatchObject({ steps: 3, samplesNs: [20e6, 20e6, 20e6] });
  });

  it('repeats short epochs until a block has lasted the shortest time, separately for each strategy', async () => {
    const stepNs = (strategy: string) => (strategy === 'pin' ? 1000 : 8000);
    const [feed, pin] = await measuredOf(fakeRun({ stepNs }, { epochs: 100, rows: 10, batch: 2 }));
    expect(feed!.samplesNs).toHaveLength(20);
    expect([feed!.steps, pin!.steps]).toEqual([20 * 1250, 20 * 10_000]);
    expect([feed!.steps % 5, pin!.steps % 5]).toEqual([0, 0]);
  });

  it('extends a block that turns out too short because the machine became faster after the warm-up', async () => {
    let calls = 0;
    const { request, device } = fakeRun(
      { stepNs: () => (++calls < 4 ? 5e6 : 1e6) },
      { epochs: 20, strategy: 'feed' },
    );
    const [feed] = await measuredOf({ request, device } as ReturnType<typeof fakeRun>);
    // The first block may still be sized for the slow machine. Every later one has the required 10 steps.
    expect(feed!.steps).toBeGreaterThanOrEqual(19 * 10 + 2);
  });

  it('measures parts of a long epoch, each continuing where the last one ended', async () => {
    const { request, device } = fakeRun({ stepNs: () => 1e6 }, { rows: 100_000, batch: 1, strategy: 'feed' });
    const [feed] = await measuredOf({ request, device } as ReturnType<typeof fakeRun>);
    expect(feed!.samplesNs.length).toBe(30);
    expect(feed!.steps).toBe(30 * 10);
    expect(feed!.verifiedSteps).toBe(300);
    // The first epoch would take 100 s, so it is verified only for a second.
    expect(feed!.epochSum).toBeNull();
  });

  it('runs whole multiples of the steps of a recorded graph', async () => {
    const stepMultiple = (name: string) => (name === 'pin' ? 50 : undefined);
    const { request } = fakeRun({ stepMultiple }, { rows: 100, batch: 2, epochs: 20 });
    const { measurements, incomplete } = await measure(request);
    expect(incomplete).toBeUndefined();
    expect((measurements[1] as Measured).steps % 50).toBe(0);
  });

  it.each([
    ['with a given number of epochs', exactly(3)],
    ['with as many epochs as the time allows', {}],
  ])('runs the rest of an epoch after whole multiples, %s', async (_, timing) => {
    const script = { stepMultiple: (name: string) => (name === 'pin' ? 2500 : undefined) };
    const { device, request } = fakeRun(script, { ...timing, rows: 5001, batch: 1, shuffle: 'epoch' });
    const { measurements, incomplete } = await measure(request);
    expect(incomplete).toBeUndefined();
    const pin = measurements[1] as Measured;
    expect(pin.epochSum).toBeGreaterThan(0);
    expect(pin.steps % 5001).toBe(0);
    const calls = device.log.filter((line) => line.startsWith('steps pin'));
    const left = new Set(calls.map((line) => Number(line.slice(10)) % 2500));
    expect([...left].sort()).toEqual([0, 1]);
  });

  it('never requests more steps in a call than the engine allows or than may delay Ctrl-C', async () => {
    const { device, request } = fakeRun(
      { maxSteps: 64, stepNs: () => 5e6 },
      { rows: 1000, batch: 1, epochs: 1 },
    );
    await measure(request);
    const counts = device.log
      .filter((line) => line.startsWith('steps'))
      .map((line) => Number(line.split(' ')[2]));
    expect(Math.max(...counts)).toBeLessThanOrEqual(20);
    const narrow = fakeRun({ maxSteps: 64 }, { rows: 1000, batch: 1, epochs: 1 });
    await measure(narrow.request);
    const lengths = narrow.device.log
      .filter((line) => line.startsWith('steps'))
      .map((line) => Number(line.split(' ')[2]));
    expect(Math.max(...lengths)).toBe(64);
  });

  it('times single steps separately from the blocks', async () => {
    const { device, request } = fakeRun({}, { ...exactly(20), rows: 100, batch: 1 });
    const [feed] = (await measure(request)).measurements as Measured[];
    expect(device.log.filter((line) => line === 'single steps feed 10')).toHaveLength(20);
    expect(feed!.stepTimes).toMatchObject({ min: 1000, p50: 1000, p99: 1000, max: 1000 });
  });

  it('measures all strategies in balanced rounds', async () => {
    const { measurements } = await measure(fakeRun({}, { strategy: 'all', ...exactly(20) }).request);
    expect(measurements.map((m) => m.strategy)).toEqual(strategiesNamed(STRATEGIES));
    for (const m of measurements as Measured[]) expect(m.samplesNs).toHaveLength(20);
  });

  it('measures the cost of its own timing loop', async () => {
    // Each read of the clock takes 800 ns. A block of 4 steps has two reads, one of which falls within the timed interval.
    const clock = new VirtualClock(800);
    const { overheadNsPerStep } = await measure(
      fakeRun({}, { ...exactly(20), rows: 4, batch: 1, clock }).request,
    );
    expect(overheadNsPerStep).toBe(200);
  });
});

describe('setup', () => {
  /** The very first allocation also creates a context, and the very first upload also makes a pool grow. */
  const script = () => {
    let [allocations, uploads] = [0, 0];
    return {
      allocateNs: (name: string) => (allocations++ === 0 ? 900e6 : name === 'pin' ? 3e6 : 1e6),
      setupNs: (name: string) => (uploads++ === 0 ? 500e6 : name === 'pin' ? 7e6 : 2e6),
    };
  };

  it('has times that depend neither on the first strategy nor on the other strategies', async () => {
    const both = await measuredOf(fakeRun(script(), exactly(6)));
    const alone = await measuredOf(fakeRun(script(), { ...exactly(6), strategy: 'pin' }));
    const [pin] = alone;
    expect(pin!.allocateSamplesNs).toEqual([3e6, 3e6, 3e6, 3e6]);
    expect(pin!.setupSamplesNs).toEqual(Array(8).fill(7e6));
    expect(both[1]).toMatchObject({
      allocateSamplesNs: pin!.allocateSamplesNs,
      setupSamplesNs: pin!.setupSamplesNs,
    });
    expect(both[0]).toMatchObject({
      allocateSamplesNs: Array(4).fill(1e6),
      setupSamplesNs: Array(8).fill(2e6),
    });
  });

  it('uploads each strategy before and after every other one equally often', async () => {
    const { device, request } = fakeRun({}, { ...exactly(1), seed: 5 });
    await measure(request);
    const setups = device.log.filter((line) => line.startsWith('setup')).slice(2);
    const firsts = setups.filter((_, i) => i % 2 === 0);
    expect(firsts.filter((line) => line === 'setup feed')).toHaveLength(4);
  });

  it('frees each allocation before the next, so that nothing is shared', async () => {
    const { device, request } = fakeRun({}, exactly(1));
    await measure(request);
    let alive = 0;
    const most: number[] = [];
    for (const line of device.log.slice(
      0,
      device.log.findIndex((entry) => entry.startsWith('setup')),
    )) {
      if (line.startsWith('prepare')) alive += 1;
      if (line.startsWith('dispose')) alive -= 1;
      most.push(alive);
    }
    expect(Math.max(...most.slice(0, -2))).toBe(1);
  });

  it('makes few uploads if one takes over a second', async () => {
    const [, pin] = await measuredOf(
      fakeRun({ setupNs: (name) => (name === 'pin' ? 1.5e9 : 0) }, exactly(1)),
    );
    expect(pin!.setupSamplesNs).toEqual([1.5e9, 1.5e9]);
  });
});

describe('verification', () => {
  it('refuses a wrong scalar before anything is timed and names engine, strategy and step', async () => {
    const tamper = (out: Float64Array, name: string) => {
      if (name === 'pin') out[0] = out[0]! * 1.001;
    };
    const { device, request } = fakeRun({ tamper }, { rows: 8, batch: 2 });
    const error = await measure(request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PinbenchError);
    expect(error).toMatchObject({ code: 'mismatch', subject: 'cuda pin, batch 2' });
    expect((error as Error).message).toMatch(/step 0 returned 1\.00\d*; expected 1 within/);
    expect(device.log.filter((line) => line.startsWith('single'))).toEqual([]);
    expect(device.log.slice(-2)).toEqual(['dispose pin', 'dispose feed']);
  });

  it('refuses a run in which an engine omits a step', async () => {
    const tamper = (out: Float64Array) => out.fill(Number.NaN, 2, 3);
    await expect(measure(fakeRun({ tamper }, { rows: 80, batch: 2 }).request)).rejects.toThrow(
      /returned NaN/,
    );
  });

  it('continues after the first epoch, so that a wrong scalar in a late block ends the run', async () => {
    const singles = () => run.device.log.filter((line) => line.startsWith('single')).length;
    const tamper = (out: Float64Array, name: string) => {
      if (name === 'pin' && singles() > 30) out[out.length - 1] = 0;
    };
    const run = fakeRun({ tamper, stepNs: () => 1e6 }, { rows: 800, batch: 2 });
    await expect(measure(run.request)).rejects.toMatchObject({ code: 'mismatch', observed: /returned 0$/ });
  });

  it('checks every timed scalar of slices, and an even share of those of gathered rows', async () => {
    const slices = await measuredOf(fakeRun({}, { ...exactly(20), rows: 100, batch: 2 }));
    for (const { steps, verifiedSteps } of slices) expect(verifiedSteps).toBe(steps);
    // In virtual time the reference costs only its reads of the clock, 1 µs each.
    const clock = new VirtualClock(1000);
    const gather = {
      ...exactly(20),
      rows: 2000,
      batch: 1,
      sampling: 'gather',
      shuffle: undefined,
      clock,
    } as const;
    const gathered = await measuredOf(fakeRun({ stepNs: () => 10 }, gather));
    for (const { steps, verifiedSteps } of gathered) {
      expect(steps).toBe(40_000);
      expect(verifiedSteps).toBeGreaterThan(20);
      expect(verifiedSteps).toBeLessThan(steps);
    }
  });
});

describe('bytes', () => {
  it('agree with the plan wherever a block begins, even with short mini-batches and an order shuffled in every epoch', async () => {
    for (const seed of [1, 2, 3]) {
      const options = {
        rows: 5,
        batch: 2,
        shuffle: 'epoch',
        remainder: 'keep',
        epochs: 50,
        seed,
        warmup: 3,
      } as const;
      const { measurements, incomplete } = await measure(
        fakeRun({ countsBytes: true, stepNs: () => 1e6 }, options).request,
      );
      expect([incomplete, measurements.map(({ status }) => status)]).toEqual([
        undefined,
        ['measured', 'measured'],
      ]);
    }
  });

  it('that an engine moves in addition to the plan end the run as a bug', async () => {
    const run = fakeRun({ countsBytes: true, extraBytes: 1 }, exactly(20));
    await expect(measure(run.request)).rejects.toThrow(/bytes moved to the device, but the plan says/);
  });
});

describe('a failure', () => {
  it('of a strategy that is unsupported or does not fit skips it with the reason and measures the rest', async () => {
    const { device, request } = fakeRun(
      {
        supports: ({ loop }) => (loop === 'replay' ? { reason: 'no graphs here' } : 'yes'),
        onSetup(name) {
          if (name === 'pin') throw new StrategyUnavailable('2 GiB do not fit in 1 GiB');
        },
      },
      { ...exactly(20), strategy: ['feed', 'pin', 'pin-replay'] },
    );
    const { measurements, incomplete } = await measure(request);
    expect(incomplete).toBeUndefined();
    expect(measurements.map((m) => [m.strategy.name, m.status, 'reason' in m ? m.reason : ''])).toEqual([
      ['feed', 'measured', ''],
      ['pin', 'skipped', '2 GiB do not fit in 1 GiB'],
      ['pin-replay', 'skipped', 'no graphs here'],
    ]);
    const count = (line: string) => device.log.filter((entry) => entry === line).length;
    expect(count('dispose pin')).toBe(count('prepare pin'));
  });

  it.each(['onPrepare', 'onSetup'] as const)(
    'of any kind in %s of one strategy skips only that row',
    async (when) => {
      const fail = (name: string) => {
        if (name === 'pin')
          throw new PinbenchError('engine', { subject: 'cuGraphInstantiateWithFlags', observed: '801' });
      };
      const { measurements, incomplete } = await measure(fakeRun({ [when]: fail }, exactly(20)).request);
      expect(incomplete).toBeUndefined();
      expect(measurements).toMatchObject([
        { status: 'measured' },
        { status: 'skipped', reason: 'cuGraphInstantiateWithFlags: 801' },
      ]);
    },
  );

  it('of one strategy during the rounds keeps the other with whole rounds and makes the record incomplete', async () => {
    let calls = 0;
    const tamper = (_: Float64Array, name: string) => {
      if (name === 'pin' && ++calls === 12) throw new Error('Invalid TF_Status: 8');
    };
    const { measurements, incomplete } = await measure(fakeRun({ tamper }, exactly(20)).request);
    expect(incomplete).toEqual({ code: 'engine', reason: 'engine cuda: Invalid TF_Status: 8' });
    expect(measurements).toMatchObject([
      { status: 'measured', samplesNs: Array(20).fill(1000) },
      { status: 'skipped', reason: 'Invalid TF_Status: 8' },
    ]);
  });

  it('to allocate memory skips the row and leaves the run complete', async () => {
    let calls = 0;
    const tamper = (_: Float64Array, name: string) => {
      if (name === 'pin' && ++calls === 12) throw new StrategyUnavailable('no memory for a mini-batch');
    };
    const { measurements, incomplete } = await measure(fakeRun({ tamper }, exactly(20)).request);
    expect([incomplete, measurements[1]]).toMatchObject([
      undefined,
      { status: 'skipped', reason: /no memory/ },
    ]);
  });

  it('to time the phases keeps the row and is reported', async () => {
    const onPhases = () => {
      throw new PinbenchError('engine', { subject: 'cuEventCreate', observed: '2' });
    };
    const { measurements, incomplete } = await measure(fakeRun({ onPhases }, exactly(20)).request);
    expect(measurements.map(({ status }) => status)).toEqual(['measured', 'measured']);
    expect(incomplete).toEqual({ code: 'engine', reason: 'engine cuda: cuEventCreate: 2' });
  });

  it('of a whole device keeps its finished rows and the rows of other engines', async () => {
    const lost = Object.assign(new PinbenchError('engine', { subject: 'cuLaunchKernel', observed: 'lost' }), {
      deviceIsLost: true,
    });
    const failing = fakeRun(
      {
        tamper(out) {
          if (out.length > 0 && failing.device.log.filter((line) => line.startsWith('prepare')).length > 12)
            throw lost;
        },
      },
      { ...exactly(20), batch: [4, 2, 1] },
    );
    const other = fakeRun({}, { ...exactly(20), batch: [4, 2, 1] });
    const engines = [failing.device.opened, { engine: 'cpu' as const, device: other.device }];
    const { measurements, incomplete } = await measure({ ...failing.request, engines });
    expect(incomplete).toEqual({ code: 'engine', reason: 'engine cuda: cuLaunchKernel: lost' });
    expect(measurements.map((m) => `${m.engine} ${m.plan.batch} ${m.status}`)).toEqual([
      ...[
        'cuda 4 measured',
        'cuda 4 measured',
        'cuda 2 skipped',
        'cuda 2 skipped',
        'cuda 1 skipped',
        'cuda 1 skipped',
      ],
      ...['cpu 4', 'cpu 4', 'cpu 2', 'cpu 2', 'cpu 1', 'cpu 1'].map((row) => `${row} measured`),
    ]);
    expect(measurements[4]).toMatchObject({ reason: 'cuLaunchKernel: lost' });
  });

  it('caused by a bug in pinbench is thrown after every session is released', async () => {
    let calls = 0;
    const tamper = () => {
      if (++calls === 9) throw new TypeError('undefined is not a function');
    };
    const { device, request } = fakeRun({ tamper }, exactly(20));
    await expect(measure(request)).rejects.toThrow('undefined is not a function');
    expect(device.log.slice(-2)).toEqual(['dispose pin', 'dispose feed']);
  });
});

describe('an interrupted run', () => {
  it('stops at the next call and keeps the whole rounds of all strategies', async () => {
    const stop = new AbortController();
    let calls = 0;
    const stepNs = () => {
      if (++calls === 2 + 15) stop.abort();
      return 1000;
    };
    const { device, request } = fakeRun({ stepNs }, exactly(20));
    const { measurements, incomplete } = await measure({ ...request, signal: stop.signal });
    expect(incomplete).toEqual({ code: 'interrupted', reason: 'interrupted' });
    expect(calls).toBe(17);
    expect((measurements as Measured[]).map(({ samplesNs }) => samplesNs.length)).toEqual([7, 7]);
    expect(device.log.slice(-2)).toEqual(['dispose pin', 'dispose feed']);
  });

  it('skips rows without a whole round and does not start the next case', async () => {
    const stop = new AbortController();
    const stepNs = () => {
      stop.abort();
      return 1000;
    };
    const { device, request } = fakeRun({ stepNs }, { ...exactly(20), batch: [4, 2] });
    const { measurements, incomplete } = await measure({ ...request, signal: stop.signal });
    expect(incomplete?.code).toBe('interrupted');
    expect(measurements.map((m) => [m.plan.batch, m.status])).toEqual([
      [4, 'skipped'],
      [4, 'skipped'],
    ]);
    expect(device.log.filter((line) => line.startsWith('steps'))).toHaveLength(1);
  });

  it('stops promptly within an epoch that takes hours', async () => {
    const stop = new AbortController();
    const { device, request } = fakeRun({ stepNs: () => 1e6 }, { rows: 8_000_000, batch: 1, ...exactly(1) });
    const startedAt = { log: 0, ns: 0 };
    const pending = measure({ ...request, signal: stop.signal });
    setImmediate(() => {
      startedAt.ns = device.clock.nowNs();
      stop.abort();
    });
    const { incomplete } = await pending;
    expect(incomplete?.code).toBe('interrupted');
    expect(device.clock.nowNs() - startedAt.ns).toBeLessThan(200e6);
  });
});
