import { describe, expect, it } from 'vitest';
import { StrategyUnavailable } from '../engine/engine.js';
import { PinbenchError } from '../errors.js';
import { strategiesNamed } from '../plan/strategy.js';
import { STRATEGIES } from '../words.js';
import { measure } from './measure.js';
import type { Measured } from './measurement.js';
import { fakeRun } from './testing/fake-run.js';

const measuredOf = async ({ request }: ReturnType<typeof fakeRun>) =>
  (await measure(request)).measurements as Measured[];

describe('measure', () => {
  it('sets up, verifies and warms up before the first round, and releases in reverse', async () => {
    const { device, request } = fakeRun({ epochNs: () => 1e9 }, { warmup: 2, epochs: 1 });
    await measure(request);
    const { log } = device;
    expect(log.slice(0, 10)).toEqual([
      ...['prepare feed', 'setup feed', 'prepare pin', 'setup pin'],
      ...['epoch feed', 'epoch pin'],
      ...['epoch feed', 'epoch feed', 'epoch pin', 'epoch pin'],
    ]);
    expect(log.slice(-2)).toEqual(['dispose pin', 'dispose feed']);
  });

  it('warms up for a fifth of a second where the epochs asked for are over sooner, and not at all where none are', async () => {
    const warmed = fakeRun({ epochNs: () => 10e6 }, { warmup: 3, epochs: 1 });
    await measure(warmed.request);
    // 1 verified, 7 times 3 to warm up, 1 measured.
    expect(warmed.device.log.filter((line) => line === 'epoch pin')).toHaveLength(1 + 21 + 1);
    const cold = fakeRun({ epochNs: () => 10e6 }, { warmup: 0, epochs: 1 });
    await measure(cold.request);
    expect(cold.device.log.filter((line) => line === 'epoch pin')).toHaveLength(2);
  });

  it('times the same number of epochs of each strategy, in rounds, each going first in half of them', async () => {
    const { device, request } = fakeRun({}, { epochs: 50 });
    const [feed, pin] = await measuredOf({ device, request });
    expect([feed!.samplesNs.length, pin!.samplesNs.length, feed!.steps, pin!.steps]).toEqual([
      20, 20, 50, 50,
    ]);
    const rounds = device.log.slice(6, -2);
    expect(rounds.filter((line) => line === 'epoch feed')).toHaveLength(50);
    expect(rounds.filter((line) => line === 'epoch pin')).toHaveLength(50);
    const blocks = rounds.filter((line, i) => line !== rounds[i - 1] && line.startsWith('epoch'));
    const firsts = blocks.filter((_, i) => i % 2 === 0);
    expect(firsts.filter((line) => line === 'epoch feed')).toHaveLength(10);
  });

  it('reports setup apart and takes a round to be its mean step', async () => {
    const script = { setupNs: () => 5e6, epochNs: () => 8000 };
    const [, pin] = await measuredOf(fakeRun(script, { rows: 8, batches: [2], epochs: 40 }));
    expect(pin!.setupNs).toBe(5e6);
    expect(pin!.samplesNs).toEqual(Array(20).fill(2000));
    expect(pin!.epochSum).toBe(140);
    expect(pin!.maxRelError).toBe(0);
  });

  it('times single steps apart from the blocks', async () => {
    const { device, request } = fakeRun({}, { epochs: 20 });
    const [feed] = await measuredOf({ device, request });
    expect(device.log.filter((line) => line === 'steps feed')).toHaveLength(20);
    expect(feed!.stepTimes).toMatchObject({ min: 1000, p50: 1000, p99: 1000, max: 1000 });
  });

  it('refuses a wrong scalar before anything is timed, naming engine, strategy and step', async () => {
    const tamper = (out: Float64Array, name: string) => {
      if (name === 'pin') out[1] = out[1]! * 1.001;
    };
    const { device, request } = fakeRun({ tamper }, { rows: 8, batches: [2] });
    const error = await measure(request).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PinbenchError);
    expect(error).toMatchObject({ code: 'mismatch', subject: 'cuda pin, batch 2' });
    expect((error as Error).message).toMatch(/step 1 gave 13\.01\d*; expected 13 within/);
    expect(device.log.filter((line) => line.startsWith('steps'))).toEqual([]);
    expect(device.log.slice(-2)).toEqual(['dispose pin', 'dispose feed']);
  });

  it('refuses a step that an engine left out', async () => {
    const tamper = (out: Float64Array) => out.fill(Number.NaN, 2, 3);
    await expect(measure(fakeRun({ tamper }, { rows: 8, batches: [2] }).request)).rejects.toThrow(
      /step 2 gave NaN/,
    );
  });

  it('skips what the device does not support or cannot take, with the reason, and measures the rest', async () => {
    const { device, request } = fakeRun(
      {
        supports: ({ replay }) => (replay ? { reason: 'no graphs here' } : 'yes'),
        onSetup(name) {
          if (name === 'pin') throw new StrategyUnavailable('2 GiB do not fit in 1 GiB');
        },
      },
      { strategies: ['feed', 'pin', 'pin-replay'] },
    );
    const { measurements, complete } = await measure(request);
    expect(complete).toBe(true);
    expect(measurements.map((m) => [m.strategy.name, m.status, 'reason' in m ? m.reason : ''])).toEqual([
      ['feed', 'measured', ''],
      ['pin', 'skipped', '2 GiB do not fit in 1 GiB'],
      ['pin-replay', 'skipped', 'no graphs here'],
    ]);
    expect(device.log.filter((line) => line === 'dispose pin')).toHaveLength(1);
  });

  it('releases every session when an engine fails in the middle', async () => {
    let epochs = 0;
    const epochNs = () => {
      if (++epochs === 9) throw new Error('device lost');
      return 1000;
    };
    const { device, request } = fakeRun({ epochNs });
    await expect(measure(request)).rejects.toThrow('device lost');
    expect(device.log.slice(-2)).toEqual(['dispose pin', 'dispose feed']);
  });

  it('measures all strategies in balanced rounds', async () => {
    const { request } = fakeRun({}, { strategies: STRATEGIES });
    const { measurements } = await measure(request);
    expect(measurements.map((m) => m.strategy)).toEqual(strategiesNamed(STRATEGIES));
    for (const m of measurements as Measured[]) expect(m.samplesNs).toHaveLength(20);
  });

  it('knows its own cost', async () => {
    expect((await measure(fakeRun({}).request)).overheadNsPerStep).toBe(0);
  });
});

describe('an interrupted run', () => {
  it('stops at the next epoch and keeps whole rounds of all strategies', async () => {
    const stop = new AbortController();
    let epochs = 0;
    const epochNs = () => {
      if (++epochs === 2 + 15) stop.abort();
      return 1000;
    };
    const { device, request } = fakeRun({ epochNs }, { epochs: 20 });
    const { measurements, complete } = await measure({ ...request, signal: stop.signal });
    expect(complete).toBe(false);
    expect(epochs).toBe(17);
    expect((measurements as Measured[]).map(({ samplesNs }) => samplesNs.length)).toEqual([7, 7]);
    expect(device.log.slice(-2)).toEqual(['dispose pin', 'dispose feed']);
  });

  it('says skipped of what had no whole round, and does not start the next cell', async () => {
    const stop = new AbortController();
    const epochNs = () => {
      stop.abort();
      return 1000;
    };
    const { device, request } = fakeRun({ epochNs }, { batches: [4, 2] });
    const { measurements, complete } = await measure({ ...request, signal: stop.signal });
    expect(complete).toBe(false);
    expect(measurements.map((m) => [m.plan.batch, m.status])).toEqual([
      [4, 'skipped'],
      [4, 'skipped'],
    ]);
    expect(device.log.filter((line) => line.startsWith('prepare'))).toHaveLength(2);
  });
});

describe('--until', () => {
  it('adds rounds until the interval is narrow', async () => {
    let calls = 0;
    const noisy = () => {
      calls += 1;
      return 1000 * (1 + 0.2 * Math.abs(Math.sin(calls * 12.9898)));
    };
    const { request } = fakeRun({ epochNs: noisy }, { epochs: 20 });
    const plain = (await measure(request)).measurements as Measured[];
    const more = await measure({ ...request, untilPercent: 3 });
    expect(plain[0]!.samplesNs).toHaveLength(20);
    expect((more.measurements[0] as Measured).samplesNs.length).toBeGreaterThan(20);
    expect((more.measurements[0] as Measured).samplesNs.length).toBeLessThan(200);
    expect(more.notices).toEqual([]);
  });

  it('adds none where the planned rounds are enough', async () => {
    const { request } = fakeRun({}, { epochs: 20 });
    const { measurements } = await measure({ ...request, untilPercent: 3 });
    expect((measurements[0] as Measured).samplesNs).toHaveLength(20);
  });

  it('gives up after ten times the rounds and says so', async () => {
    let calls = 0;
    const wild = () => {
      calls += 7;
      return 1000 * (1 + (calls % 5));
    };
    const { request } = fakeRun({ epochNs: wild }, { epochs: 20 });
    const { measurements, notices } = await measure({ ...request, untilPercent: 0.001 });
    expect((measurements[0] as Measured).samplesNs).toHaveLength(200);
    expect(notices).toMatchObject([{ code: 'until-not-reached', rounds: 200, untilPercent: 0.001 }]);
  });
});

describe('--budget', () => {
  it('shrinks the epochs of each cell to fit, and says so', async () => {
    const { request } = fakeRun({ epochNs: () => 1e6 }, { epochs: 1000, batches: [4, 2] });
    const { measurements, notices } = await measure({ ...request, budgetNs: 200e6 });
    const [first] = measurements as Measured[];
    expect(first!.steps).toBe(50);
    expect(notices).toMatchObject([
      { code: 'budget-shrunk', epochs: 50, asked: 1000 },
      { code: 'budget-shrunk', asked: 1000 },
    ]);
  });

  it('leaves the epochs alone where they fit, and never goes under ten', async () => {
    const fits = fakeRun({ epochNs: () => 1e3 }, { epochs: 30 });
    expect(((await measure({ ...fits.request, budgetNs: 1e9 })).measurements[0] as Measured).steps).toBe(30);
    const never = fakeRun({ epochNs: () => 1e9 }, { epochs: 30 });
    expect(
      ((await measure({ ...never.request, budgetNs: 1e6 })).measurements[0] as Measured).samplesNs,
    ).toHaveLength(10);
  });
});
