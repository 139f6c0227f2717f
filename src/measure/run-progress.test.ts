import { describe, expect, it } from 'vitest';
import { measure } from './measure.js';
import type { Measured } from './measurement.js';
import { type Phase, silent } from './progress.js';
import { RunProgress } from './run-progress.js';
import type { FakeScript } from './testing/fake-engine.js';
import { type FakeRun, fakeRun } from './testing/fake-run.js';
import { Timer } from './timer.js';

type StepNs = NonNullable<FakeScript['stepNs']>;
type Told = Phase & { readonly atNs: number };

/** All reports to a listener of a run with their times, and the end of the run, in virtual time. */
async function toldOf(script: FakeScript, options: FakeRun) {
  const { device, request } = fakeRun(script, options);
  const told: Told[] = [];
  const phase = (where: Phase) => told.push({ atNs: device.clock.nowNs(), ...where });
  await measure({ ...request, progress: { loading() {}, phase } });
  return { told, endNs: device.clock.nowNs() };
}

/** The texts without consecutive repeats. */
const withoutRepeats = (texts: readonly string[]) => texts.filter((text, i) => text !== texts[i - 1]);

describe('the progress that a run reports', () => {
  it('includes the case, the strategy and the phase', async () => {
    const script: FakeScript = { onPhases: () => undefined };
    const { told } = await toldOf(script, { epochs: 1, minTimeNs: 0, warmup: 1, batch: [4, 2] });
    const texts = told.map(
      ({ caseNumber, cases, strategy, phase, plan, engine }) =>
        `${engine} ${plan.batch} ${caseNumber}/${cases} ${strategy} ${phase}`,
    );
    for (const [batch, number] of [
      [4, '1/2'],
      [2, '2/2'],
    ]) {
      for (const phase of ['setup', 'verify', 'warm-up', 'measure', 'phases']) {
        for (const strategy of ['feed', 'pin'])
          expect(texts).toContain(`cuda ${batch} ${number} ${strategy} ${phase}`);
      }
    }
    expect(withoutRepeats(told.map(({ caseNumber, phase }) => `${caseNumber} ${phase}`))).toEqual([
      ...['1 setup', '1 verify', '1 warm-up', '1 measure', '1 phases'],
      ...['2 setup', '2 verify', '2 warm-up', '2 measure', '2 phases', '2 own-cost'],
    ]);
    const last = told.at(-1)!;
    expect([last.phase, last.strategy, last.leftNs]).toEqual(['own-cost', undefined, undefined]);
  });

  it('includes the round, the planned number of rounds and the finished share', async () => {
    const { told } = await toldOf({}, { epochs: 20, minTimeNs: 0 });
    const rounds = told.filter(({ phase }) => phase === 'measure');
    expect(rounds.map(({ round }) => round)).toEqual(Array.from({ length: 40 }, (_, i) => 1 + (i >> 1)));
    expect(new Set(rounds.map((where) => where.rounds))).toEqual(new Set([20]));
    expect([rounds[0]!.done, rounds[10]!.done, rounds[39]!.done]).toEqual([0, 0.25, 0.95]);
    for (const { phase, round } of told) expect(round !== undefined).toBe(phase === 'measure');
  });

  it('has no number of rounds if the interval or the time decides', async () => {
    const { told } = await toldOf({}, { batch: 2 });
    const rounds = told.filter(({ phase }) => phase === 'measure');
    expect(rounds.length).toBeGreaterThanOrEqual(40);
    for (const where of rounds) expect(where.rounds).toBeUndefined();
  });

  it('includes the trials of all cases before the first case, under a budget', async () => {
    const { told } = await toldOf({}, { batch: [4, 2, 1], budgetNs: 30e9 });
    const texts = told.map(({ caseNumber, cases, strategy, phase }) => [phase, caseNumber, cases, strategy]);
    expect(texts.slice(0, 7)).toEqual([
      ...[1, 2, 3].flatMap((number) => [
        ['trial', number, 3, 'feed'],
        ['trial', number, 3, 'pin'],
      ]),
      ['setup', 1, 3, 'feed'],
    ]);
  });

  it('includes each upload, since an upload may take long', async () => {
    const { told } = await toldOf({}, { epochs: 1, minTimeNs: 0 });
    const setup = told.filter(({ phase }) => phase === 'setup');
    // One report for the admission, five for the allocations and nine for the uploads.
    expect(setup.filter(({ strategy }) => strategy === 'pin')).toHaveLength(1 + 5 + 9);
  });

  it('is reported between timed pieces and never inside one', async () => {
    const options: FakeRun = { epochs: 20, minTimeNs: 0, rows: 8, batch: 2, warmup: 1 };
    const script: FakeScript = { allocateNs: () => 2000, setupNs: () => 3000, onPhases: () => undefined };
    const measuredWith = async (listens: boolean) => {
      const { device, request } = fakeRun(script, options);
      const progress = { loading() {}, phase: () => device.clock.advance(500) };
      const outcome = await measure(listens ? { ...request, progress } : request);
      const { overheadNsPerStep, measurements } = outcome;
      const samples = (measurements as Measured[]).map(
        ({ samplesNs, setupSamplesNs, allocateSamplesNs, stepTimes }) => ({
          ...{ samplesNs, setupSamplesNs, allocateSamplesNs, stepTimes },
        }),
      );
      return { overheadNsPerStep, samples, endNs: device.clock.nowNs() };
    };
    const { endNs: silentEndNs, ...told } = await measuredWith(false);
    const { endNs, ...toldSlowly } = await measuredWith(true);
    expect(endNs).toBeGreaterThan(silentEndNs);
    expect(toldSlowly).toEqual(told);
  });

  it('costs nothing without a listener, not even a read of the clock', () => {
    const clock = { nowNs: () => (looks += 1) };
    let looks = 0;
    const timer = new Timer(clock);
    looks = 0;
    const { request } = fakeRun({}, { epochs: 20 });
    const cases = [{ engine: 'cpu' as const, plan: request.plans[0]! }];
    const outline = { cases, rows: 2, settings: request.settings, budgetEndNs: 5 };
    const goThrough = (progress: RunProgress) => {
      progress.trial(0, 'feed');
      progress.begin(0);
      progress.tell('feed', 'setup');
      progress.end();
      progress.ownCost();
    };
    goThrough(new RunProgress(silent, outline, timer));
    expect(looks).toBe(0);
    goThrough(new RunProgress({ loading() {}, phase() {} }, outline, timer));
    expect(looks).toBeGreaterThan(0);
  });

  it('ends the run if the listener throws, instead of counting as a failure of the engine', async () => {
    const { device, request } = fakeRun({}, { epochs: 20 });
    const phase = ({ round }: Phase) => {
      if (round === 3) throw new Error('the listener is broken');
    };
    const running = measure({ ...request, progress: { loading() {}, phase } });
    await expect(running).rejects.toThrow('the listener is broken');
    expect(device.log.slice(-2)).toEqual(['dispose pin', 'dispose feed']);
  });
});

describe('the time left that a run reports', () => {
  /** Steps that take a fixed time plus a time per row, ns. */
  const steps =
    (fixedNs: number, rowNs: number): StepNs =>
    (_, { batch }) =>
      fixedNs + rowNs * batch;
  /** Noise keeps every interval too wide to stop early. */
  const noisy = (stepNs: StepNs): StepNs => {
    let calls = 0;
    return (strategy, plan) => stepNs(strategy, plan) * (1 + (++calls % 7) / 5);
  };
  const sweep = { rows: 60_000, batch: '1..32768', warmup: 3 };

  it.each<[string, FakeScript, FakeRun]>([
    ['time ends the cases', { stepNs: noisy(steps(3000, 20)) }, { ...sweep, batch: '64..32768' }],
    [
      'epochs end them and steps are mostly fixed cost',
      { stepNs: steps(3000, 20) },
      { ...sweep, epochs: 20 },
    ],
    [
      'epochs end them and steps mostly grow with their rows',
      { stepNs: steps(300, 200) },
      { ...sweep, epochs: 50 },
    ],
    [
      'epochs end them and the longest comes last',
      { stepNs: steps(3000, 20) },
      { ...sweep, epochs: 20, batch: [4096, 64, 1] },
    ],
    [
      'the shortest block decides',
      { stepNs: steps(3000, 20), setupNs: () => 2e7 },
      { ...sweep, rows: 300, batch: '1..256', epochs: 20 },
    ],
    ['a budget ends them', { stepNs: noisy(steps(3000, 20)) }, { ...sweep, budgetNs: 60e9 }],
    ['a budget cuts their epochs', { stepNs: steps(3000, 20) }, { ...sweep, budgetNs: 30e9, epochs: 1000 }],
    [
      'epochs end them long before a budget',
      { stepNs: steps(3000, 20) },
      { ...sweep, budgetNs: 3600e9, epochs: 10 },
    ],
  ])('is accurate to 15 %% from the second case on if %s', async (_, script, options) => {
    const { told, endNs } = await toldOf(script, options);
    const later = told.filter(
      ({ caseNumber, round, leftNs }) => caseNumber > 1 && round !== undefined && leftNs !== undefined,
    );
    expect(later.length).toBeGreaterThan(50);
    const worst = Math.max(...later.map(({ atNs, leftNs }) => Math.abs(leftNs! - (endNs - atNs))));
    expect(worst / endNs).toBeLessThan(0.15);
  });

  it.each<[string, FakeRun]>([
    ['no limit', { ...sweep, batch: '64..512' }],
    ['epochs', { ...sweep, batch: '64..512', epochs: 20 }],
    ['epochs and an interval', { ...sweep, batch: '64..512', epochs: 20, untilPercent: 1 }],
    ['an exact number of epochs', { ...sweep, batch: '64..512', epochs: 1, minTimeNs: 0, warmup: 0 }],
    ['a budget', { ...sweep, batch: '64..512', budgetNs: 20e9 }],
  ])('is neither negative nor infinite with %s', async (_, options) => {
    const { told } = await toldOf({ stepNs: steps(3000, 20) }, options);
    const known = told.filter(({ leftNs }) => leftNs !== undefined);
    expect(known.length).toBeGreaterThan(told.length / 2);
    for (const { leftNs } of known) expect(leftNs).toSatisfy((ns) => ns >= 0 && ns < 600e9);
  });

  it('is the rest of the budget from the first trial on', async () => {
    const { told } = await toldOf({ stepNs: noisy(steps(3000, 20)) }, { ...sweep, budgetNs: 30e9 });
    const untilOwnCost = told.slice(0, -1);
    for (const { atNs, leftNs } of untilOwnCost) expect(atNs + leftNs!).toBeCloseTo(30e9, 0);
  });

  it('counts a budget from the start of the command', async () => {
    const { device, request } = fakeRun({}, { batch: 2, budgetNs: 30e9 });
    device.clock.advance(10e9);
    const left: (number | undefined)[] = [];
    await measure({ ...request, progress: { loading() {}, phase: ({ leftNs }) => left.push(leftNs) } });
    expect(left[0]).toBe(20e9);
  });

  it('is unknown before the first round if epochs end the first case', async () => {
    const { told } = await toldOf({}, { epochs: 20, warmup: 1, batch: [4, 2] });
    for (const { caseNumber, phase, leftNs } of told.slice(0, -1)) {
      const isUnknown = caseNumber === 1 && ['setup', 'verify', 'warm-up'].includes(phase);
      expect(leftNs === undefined).toBe(isUnknown);
    }
  });

  it('uses only the times of the current engine, whose cases may take much longer', async () => {
    const fast = fakeRun({ stepNs: () => 1e6 }, { epochs: 20, batch: [4, 2] });
    const slow = fakeRun({ stepNs: () => 1e9 }, { epochs: 20, batch: [4, 2], clock: fast.device.clock });
    const engines = [fast.device.opened, { engine: 'cpu' as const, device: slow.device }];
    const told: Told[] = [];
    const phase = (where: Phase) => told.push({ atNs: fast.device.clock.nowNs(), ...where });
    await measure({ ...fast.request, engines, progress: { loading() {}, phase } });
    const [third] = told.filter(({ caseNumber, round }) => caseNumber === 3 && round === 2);
    const trueNs = fast.device.clock.nowNs() - third!.atNs;
    expect(third!.leftNs! / trueNs).toBeGreaterThan(0.6);
  });
});
