import { describe, expect, it } from 'vitest';
import { parseRequest } from './cli/parse.js';
import type { RunRequest } from './cli/request.js';
import { declareRunOptions } from './cli/run.js';
import type { PinbenchError } from './errors.js';
import { flagsOf } from './flags.js';
import { OPTION_ENTRIES, type RunSettings } from './options.js';
import { comparableOptionsOf, planLineOf, planOptionsOf } from './plan-options.js';
import { planOptionsSchema } from './record/plan-schema.js';
import { settingsOf } from './settings.js';

const thrownBy = (work: () => unknown): PinbenchError => {
  try {
    work();
  } catch (error) {
    return error as PinbenchError;
  }
  throw new Error('nothing was thrown');
};

describe('the settings of a run', () => {
  it('have the documented defaults', () => {
    expect(settingsOf({})).toEqual({
      ...{
        batch: undefined,
        epochs: undefined,
        warmup: 3,
        strategy: ['feed', 'pin'],
        engine: 'auto',
        device: 0,
      },
      ...{
        shuffle: 'once',
        sampling: 'slice',
        seed: 1,
        remainder: 'drop',
        fetch: 'step',
        readback: 'mapped',
      },
      ...{ work: [1], dtype: 'float32', columns: undefined, untilPercent: undefined, budgetNs: undefined },
      ...{ minTimeNs: 10e6, modelNs: undefined },
    });
  });

  it('accept one value, a list, or the text of a flag', () => {
    expect(settingsOf({ batch: 2 }).batch).toEqual([2]);
    expect(settingsOf({ batch: [2, 64] }).batch).toEqual([2, 64]);
    expect(settingsOf({ batch: '2,1..8' }).batch).toEqual([2, { from: 1, to: 8 }]);
    expect(settingsOf({ work: '1..8' }).work).toEqual([1, 2, 4, 8]);
    expect(settingsOf({ engine: 'cuda' }).engine).toEqual(['cuda']);
    expect(settingsOf({ engine: ['cuda', 'cpu'] }).engine).toEqual(['cuda', 'cpu']);
    expect(settingsOf({ engine: 'all' }).engine).toBe('all');
    expect(settingsOf({ strategy: 'pin-replay' }).strategy).toEqual(['pin-replay']);
    expect(settingsOf({ strategy: 'all' }).strategy).toBe('all');
  });

  it('are written as flags that mean the same', () => {
    const given: RunSettings = {
      ...{ batch: '2,1..8', columns: ['a,b', 'c'], modelNs: 1500, minTimeNs: 2.5e6, budgetNs: 9e10 },
      ...{ untilPercent: 1.5, epochs: 7, work: [1, 3], strategy: ['feed', 'pin-replay'], engine: 'all' },
    };
    const settings = settingsOf(given);
    const request = parseRequest(['run', 'data.npy', ...flagsOf(settings)], '1', declareRunOptions);
    expect(settingsOf((request as RunRequest).settings)).toEqual(settings);
  });

  it('shuffle in every epoch if rows are gathered', () => {
    expect(settingsOf({ sampling: 'gather' }).shuffle).toBe('epoch');
  });

  /** Invalid options of a program, each with the equivalent flags. */
  const SAME: readonly [RunSettings | Record<string, unknown>, string][] = [
    [{ fetch: 'never' }, '--fetch never'],
    [{ batch: [] }, '--batch='],
    [{ batch: 0 }, '--batch 0'],
    [{ batch: [2, 0] }, '--batch 2,0'],
    [{ batch: 2.5 }, '--batch 2.5'],
    [{ batch: Number.NaN }, '--batch NaN'],
    [{ work: [0] }, '--work 0'],
    [{ engine: 'nothing' }, '--engine nothing'],
    [{ engine: [] }, '--engine='],
    [{ strategy: 'pinned' }, '--strategy pinned'],
    [{ strategy: ['feed', 'pinned'] }, '--strategy feed,pinned'],
    [{ epochs: 0 }, '--epochs 0'],
    [{ epochs: 1.5 }, '--epochs 1.5'],
    [{ warmup: -1 }, '--warmup=-1'],
    [{ seed: 2 ** 32 }, '--seed 4294967296'],
    [{ device: -1 }, '--device=-1'],
    [{ shuffle: 'always' }, '--shuffle always'],
    [{ sampling: 'gather', shuffle: 'none' }, '--sampling gather --shuffle none'],
    [{ minTimeNs: 0 }, '--min-time 0'],
    [{ untilPercent: 0 }, '--until 0'],
    [{ minTimeNs: 0, epochs: 3, untilPercent: 2 }, '--min-time 0 --epochs 3 --until 2'],
    [{ dtype: 'float64' }, '--dtype float64'],
    [{ readback: 'none' }, '--readback none'],
    [{ remainder: 'some' }, '--remainder some'],
  ];
  it.each(SAME)('are refused with the same message as the flags: %j, %s', (settings, flags) => {
    const ofProgram = thrownBy(() => settingsOf(settings as RunSettings));
    const ofFlags = thrownBy(() =>
      parseRequest(['run', 'data.npy', ...flags.split(' ')], '1', declareRunOptions),
    );
    expect(ofProgram).toMatchObject({ name: 'PinbenchError', code: 'usage' });
    expect(ofProgram.message).toBe(ofFlags.message);
  });

  it.each([
    [
      { budgetNs: '60s' },
      '--budget: the text "60s"; expected a number of nanoseconds above 0 and at most 2592000000000000',
    ],
    [
      { minTimeNs: '10ms' },
      '--min-time: the text "10ms"; expected a number of nanoseconds from 0 to 1000000000',
    ],
    [
      { modelNs: 2e15 },
      '--model-us: "2000000000000000"; expected a number of nanoseconds above 0 and at most 1000000000000',
    ],
    [{ columns: 'x' }, '--column: "x"; expected an array of one or more names, none of them empty'],
    [{ columns: ['a', ''] }, '--column: "a,"; expected an array of one or more names, none of them empty'],
    [{ epochs: '3' }, '--epochs: the text "3"; expected a whole number from 1 to 1000000000'],
    [
      { untilPercent: '2' },
      '--until: the text "2"; expected a percentage above 0 and at most 1000, such as 2',
    ],
  ])('say what a program may pass: %j', (settings, message) => {
    expect(thrownBy(() => settingsOf(settings as unknown as RunSettings)).message).toBe(message);
  });

  it.each([
    { budgetNs: 0 },
    { budgetNs: Number.POSITIVE_INFINITY },
    { modelNs: Number.POSITIVE_INFINITY },
    { modelNs: -1 },
    { minTimeNs: -1 },
    { minTimeNs: -0.5 },
    { minTimeNs: 2e9 },
    { batch: Object.create(null) },
    { batch: [Symbol('two')] },
    { columns: 'a' },
    { batch: null },
    { batch: { from: 5, to: 7 } },
    { epochs: '7' },
    { strategy: [''] },
  ])('are refused with a usage error: %j', (settings) => {
    expect(thrownBy(() => settingsOf(settings as unknown as RunSettings))).toMatchObject({ code: 'usage' });
  });
});

describe('the table of options', () => {
  const settings = settingsOf({
    batch: '1..4',
    epochs: 7,
    columns: ['x'],
    budgetNs: 1e9,
    untilPercent: 2,
    warmup: 1,
    modelNs: 5,
  });
  const plan = planOptionsOf(settings, [1, 2, 4]);

  it('yields the plan of a record and the schema that reads it', () => {
    expect(plan).toMatchObject({
      batches: [1, 2, 4],
      works: [1],
      epochs: 7,
      minTimeNs: 10e6,
      columns: ['x'],
    });
    expect(planOptionsSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    const least = planOptionsOf(settingsOf({}), [32]);
    expect(planOptionsSchema.parse(least)).toEqual(least);
    expect(planOptionsSchema.safeParse({ ...plan, fetch: 'never' }).success).toBe(false);
    expect(planOptionsSchema.safeParse({ ...plan, batches: [] }).success).toBe(false);
  });

  it('determines the options in which two records must agree', () => {
    expect(comparableOptionsOf(plan)).toEqual({
      ...{
        dtype: 'float32',
        columns: 'x',
        sampling: 'slice',
        shuffle: 'once',
        remainder: 'drop',
        fetch: 'step',
      },
      ...{ readback: 'mapped', chunk: 'all' },
    });
    expect(comparableOptionsOf(planOptionsOf(settingsOf({}), [32])).columns).toBe('all');
    const columnsOf = (columns: string[]) =>
      comparableOptionsOf(planOptionsOf(settingsOf({ columns }), [32])).columns;
    expect(columnsOf(['a,b'])).not.toBe(columnsOf(['a', 'b']));
  });

  it('yields the plan line of the table', () => {
    expect(planLineOf(plan).join('; ')).toMatchInlineSnapshot(
      `"columns x; mini-batches in one shuffled order; seed 1; remainder dropped; scalars fetched every step; 7 epochs asked for; blocks of at least 10.0 ms; until the interval is ±2 %; a budget of 1.00 s; 1 warm-up epoch"`,
    );
    expect(
      planLineOf(
        planOptionsOf(settingsOf({ sampling: 'gather', minTimeNs: 0, epochs: 1, warmup: 0 }), [32]),
      ).join('; '),
    ).toMatchInlineSnapshot(
      `"rows shuffled every epoch; seed 1; remainder dropped; scalars fetched every step; 1 epoch asked for; no epoch is repeated; no warm-up"`,
    );
  });

  it('names every flag and every field of the plan once', () => {
    const flags = OPTION_ENTRIES.flatMap(([, { flag }]) => flag.match(/--[a-z-]+/g)!);
    expect(new Set(flags).size).toBe(OPTION_ENTRIES.length);
    const fields = OPTION_ENTRIES.flatMap(([, { plan: field }]) => field ?? []);
    expect(new Set(fields).size).toBe(fields.length);
    for (const [name, { comparable, plan: field }] of OPTION_ENTRIES)
      if (comparable) expect(field, name).toBeDefined();
  });
});
