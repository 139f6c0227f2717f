import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../record/schema.js';
import { sampleRecord } from '../record/testing/sample-record.js';
import { REPORT_FORMATS } from '../words.js';
import { named } from './named.js';
import { renderRegression } from './regression.js';
import { render } from './render.js';
import { verdictSentence } from './sentences.js';

const ANSI = new RegExp(`${String.fromCharCode(27)}\\[`);
const one = (record: RunRecord) => [{ name: 'record', record }];
const table = (record: RunRecord, color = false) => render('table', one(record), color);

describe('the table', () => {
  it('is as it has always been', async () => {
    expect(await table(sampleRecord())).toMatchInlineSnapshot(`
      "batch  strategy       step    95 %      p99  rows/s  copied/step    setup  against feed
      ────────────────────────────────────────────────────────────────────────────────────────────
          2  feed        13.1 µs  ±1.1 %  18.0 µs   153 k         24 B   100 ns  baseline
          2  pin         10.0 µs  ±1.0 %  14.0 µs   200 k          0 B  42.0 µs  1.30× (1.29–1.33)
          2  pin-replay  skipped

      device     cuda: NVIDIA H200, CUDA 13.0
      dataset    data.npy: 10 × 3 float32, cast from int64, 120 B
      plan       100 epochs in 6 rounds after 3 to warm up; mini-batches in one shuffled order, seed 1;
                 remainder dropped; scalars fetched every step
      harness    pinbench itself costs 21 ns of each step
      skipped    cuda pin-replay: no | graphs, "here"
      verdict    pin is 1.30× faster (1.29–1.33); its upload pays for itself after 14 steps
      warning    cuda feed, batch 2: 1 of 6 rounds are outliers
      "
    `);
  });

  it('has no colour unless asked, and then colours only', async () => {
    const plain = await table(sampleRecord());
    const coloured = await table(sampleRecord(), true);
    expect(plain).not.toMatch(ANSI);
    expect(coloured).toMatch(ANSI);
    expect(
      coloured.replace(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '').replace(/[ \t]+$/gm, ''),
    ).toBe(plain);
  });

  it('fits 100 columns with several engines, works, long names and large figures', async () => {
    const record = sampleRecord();
    const [feed] = record.results;
    if (feed?.status !== 'measured') throw new Error('the sample is measured');
    record.plan.works = [1, 1024];
    record.plan.batches = [65_536];
    record.environment.devices.push({
      ...record.environment.devices[0]!,
      engine: 'tensorflow',
      name: 'x'.repeat(150),
    });
    record.results = [
      {
        ...{ ...feed, engine: 'tensorflow', strategy: 'feed-locked', batch: 1_048_576, work: 1024 },
        h2dBytesPerStep: 1023.4 * 2 ** 20,
        setupNs: 99.4e9,
        rowsPerSecond: 123_456_789_012,
        stepNs: { ...feed.stepNs, median: 999_400, p99: 999_400_000, ci95: [100_000, 1_900_000] },
      },
    ];
    record.comparisons[0] = {
      ...{
        ...record.comparisons[0]!,
        engine: 'tensorflow',
        strategy: 'feed-locked',
        batch: 1_048_576,
        work: 1024,
      },
      ...{ speedup: 1.001, ci95: [0.998, 1.004] },
    };
    for (const line of (await table(record)).split('\n')) expect([...line].length).toBeLessThanOrEqual(100);
  });

  it('says that a run was interrupted', async () => {
    expect(await table({ ...sampleRecord(), complete: false })).toContain('interrupted: only whole rounds');
  });

  it('labels figures of a processor', async () => {
    const record = sampleRecord();
    record.environment.devices[0]!.gpu = false;
    expect(await table(record)).toMatch(/no GPU: these figures say nothing about\s+one/);
  });
});

describe('the verdict', () => {
  const sentence = (
    change: Partial<RunRecord['comparisons'][number]>,
    plan: Partial<RunRecord['plan']> = {},
  ) => {
    const record = sampleRecord();
    record.plan = { ...record.plan, ...plan };
    return verdictSentence({ ...record.comparisons[0]!, ...change }, record);
  };

  it('is one plain sentence for each outcome', () => {
    expect([
      sentence({}),
      sentence({ breakEvenSteps: 1 }),
      sentence({ breakEvenSteps: 0 }),
      sentence({ verdict: 'slower', speedup: 0.8, ci95: [0.78, 0.82], breakEvenSteps: null }),
      sentence({ verdict: 'same', speedup: 1, ci95: [0.997, 1.004], breakEvenSteps: null }),
      sentence({ verdict: 'inconclusive', speedup: 1.01, ci95: [0.97, 1.05], breakEvenSteps: null }),
      sentence({ verdict: 'inconclusive', ci95: null, breakEvenSteps: null }),
      sentence({ modelSpeedup: 1.02 }, { modelNs: 500_000 }),
      sentence({}, { batches: [2, 64], works: [1, 8] }),
    ]).toMatchInlineSnapshot(`
      [
        "pin is 1.30× faster (1.29–1.33); its upload pays for itself after 14 steps",
        "pin is 1.30× faster (1.29–1.33); its upload pays for itself after 1 step",
        "pin is 1.30× faster (1.29–1.33); its setup costs no more than that of feed",
        "pin is 1.25× slower (1.22–1.28)",
        "pin and feed take the same time, within 1 % (0.997–1.004)",
        "undecided: pin runs at 0.970× to 1.050× the speed of feed; --epochs 400 may tell",
        "no verdict on pin: too few rounds for a 95 % interval",
        "pin is 1.30× faster (1.29–1.33); its upload pays for itself after 14 steps; with a model of 500 µs a step on top it would be 1.020×",
        "batch 2, work 1: pin is 1.30× faster (1.29–1.33); its upload pays for itself after 14 steps",
      ]
    `);
  });
});

describe('several records', () => {
  const other = sampleRecord();
  other.environment.devices[0]!.name = 'NVIDIA A100';
  for (const result of other.results) result.device = 'NVIDIA A100';
  const larger = sampleRecord();
  larger.plan.batches = [64];
  for (const cell of [...larger.results, ...larger.comparisons]) cell.batch = 64;
  const records = named([
    ['runs/node-3.json', larger],
    ['runs/node-1.json', other],
    ['runs/node-2.json', sampleRecord()],
  ]);

  it('are one table by device, and under it what all say once', async () => {
    expect(await render('table', records)).toMatchInlineSnapshot(`
      "batch  strategy       step    95 %      p99  rows/s  copied/step    setup  against feed       record
      ────────────────────────────────────────────────────────────────────────────────────────────────────
      cuda: NVIDIA H200
          2  feed        13.1 µs  ±1.1 %  18.0 µs   153 k         24 B   100 ns  baseline           node-2
          2  pin         10.0 µs  ±1.0 %  14.0 µs   200 k          0 B  42.0 µs  1.30× (1.29–1.33)  node-2
          2  pin-replay  skipped                                                                    node-2
         64  feed        13.1 µs  ±1.1 %  18.0 µs   153 k         24 B   100 ns  baseline           node-3
         64  pin         10.0 µs  ±1.0 %  14.0 µs   200 k          0 B  42.0 µs  1.30× (1.29–1.33)  node-3
         64  pin-replay  skipped                                                                    node-3
      cuda: NVIDIA A100
          2  feed        13.1 µs  ±1.1 %  18.0 µs   153 k         24 B   100 ns  baseline           node-1
          2  pin         10.0 µs  ±1.0 %  14.0 µs   200 k          0 B  42.0 µs  1.30× (1.29–1.33)  node-1
          2  pin-replay  skipped                                                                    node-1

      device     node-3, node-2: cuda: NVIDIA H200, CUDA 13.0
      device     node-1: cuda: NVIDIA A100, CUDA 13.0
      dataset    data.npy: 10 × 3 float32, cast from int64, 120 B
      plan       100 epochs in 6 rounds after 3 to warm up; mini-batches in one shuffled order, seed 1;
                 remainder dropped; scalars fetched every step
      skipped    cuda pin-replay: no | graphs, "here"
      verdict    pin is 1.30× faster (1.29–1.33); its upload pays for itself after 14 steps
      warning    cuda feed, batch 2: 1 of 6 rounds are outliers
      "
    `);
  });

  it('that were not measured alike are told apart by what differs', async () => {
    const unlike = sampleRecord();
    unlike.plan.fetch = 'epoch';
    const text = await render('table', [...records, { name: 'node-4', record: unlike }]);
    expect(text).toMatch(/^cuda: NVIDIA H200, plan fetch step$/m);
    expect(text).toMatch(/^cuda: NVIDIA H200, plan fetch epoch$/m);
    expect(text).toMatch(/^plan +node-4: [^;]+;[^;]+;[^;]+;\s+scalars fetched every epoch$/m);
  });

  it('have a row a device in Markdown, a record a line in CSV, and are an array in JSON', async () => {
    const markdown = await render('markdown', records);
    expect(markdown).toMatch(/^\| device +\| batch \|.* \| record \|$/m);
    expect(markdown).toMatch(/^\| cuda: NVIDIA A100 +\| +2 \| pin .* \| node-1 \|$/m);
    const [header, ...lines] = (await render('csv', records)).trimEnd().split('\n');
    expect(header).toMatch(/^record,engine,device,/);
    expect(lines.map((line) => line.split(',')[0])).toEqual([
      ...['node-2', 'node-2', 'node-2', 'node-3', 'node-3', 'node-3', 'node-1', 'node-1', 'node-1'],
    ]);
    expect(JSON.parse(await render('json', records))).toEqual([larger, other, sampleRecord()]);
  });

  it('of the same file name are called by their paths', () => {
    const twice = named([
      ['a/record.json', sampleRecord()],
      ['b/record.json', sampleRecord()],
    ]);
    expect(twice.map(({ name }) => name)).toEqual(['a/record.json', 'b/record.json']);
  });

  it('fit 100 columns with long names', async () => {
    const long = 'x'.repeat(150);
    records.push({ name: '0-ip-10-0-23-112.eu-west-1.compute.internal', record: sampleRecord() });
    const record = sampleRecord();
    for (const result of record.results) result.device = long;
    const text = await render('table', [...records, { name: 'node-4', record }]);
    for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(100);
  });
});

describe('text from outside', () => {
  const strange = sampleRecord();
  const name = 'a |\n::error::b';
  strange.environment.devices[0]!.name = name;
  strange.dataset.path = `${name}.npy`;
  for (const result of strange.results) {
    result.device = name;
    if (result.status === 'skipped') result.reason = name;
  }
  const records = named([
    ['r\n1.json', strange],
    ['r|2.json', sampleRecord()],
  ]);

  it('breaks no line of a table, alone or beside others', async () => {
    const rows = (text: string) => text.split('\n').filter((line) => /^ +2 {2}(feed|pin)/.test(line));
    expect(rows(await table(strange))).toHaveLength(3);
    const text = await render('table', records);
    expect(rows(text)).toHaveLength(6);
    expect(text).not.toMatch(/^::/m);
  });

  it('breaks no row of Markdown', async () => {
    const markdown = await render('markdown', records);
    const lines = markdown.split('\n\n')[0]!.split('\n');
    expect(lines).toHaveLength(2 + 6);
    for (const line of lines) expect(line.replace(/\\\|/g, '').split('|').length).toBe(11 + 2);
  });
});

describe('a comparison with a baseline', () => {
  it('fits 100 columns with several engines, works, long figures and a threshold a row', () => {
    const row = {
      ...({ engine: 'tensorflow', strategy: 'feed-locked', batch: 1_048_576, work: 1024 } as const),
      ...{ base: 999_400, head: 999_400, change: 1.001, ci95: [0.999, 1.002] as [number, number], p: 0.0001 },
      ...({ verdict: 'inconclusive', thresholdPercent: 12.34, note: 'more rounds' } as const),
    };
    const source = {
      path: `${'x'.repeat(120)}\n.json`,
      startedAt: '2026-11-25T00:00:00Z',
      complete: true,
      devices: ['cuda: NVIDIA H200'],
    };
    const regression = {
      ...({ schema: 'pinbench/comparison@1', metric: 'step', thresholdPercent: 'auto' } as const),
      ...{
        bases: [source],
        heads: [source],
        rows: [row, { ...row, engine: 'cuda', work: 1, baseWork: 2048 } as const],
      },
    };
    const text = renderRegression('table', regression);
    expect(text).toMatch(/^tensorflow +1,048,576 .* 12\.3 % +inconclusive$/m);
    for (const line of text.split('\n').slice(0, 4)) expect([...line].length).toBeLessThanOrEqual(100);
    // What is dropped to fit is in the JSON.
    expect(JSON.parse(renderRegression('json', regression)).rows[0]).toMatchObject({
      base: 999_400,
      p: 0.0001,
    });
  });
});

describe('the other formats', () => {
  it('give JSON that is the record', async () => {
    expect(JSON.parse(await render('json', one(sampleRecord())))).toEqual(sampleRecord());
  });

  it('give CSV with a line a result, raw numbers, and quotes where they are needed', async () => {
    const csv = await render('csv', one(sampleRecord()));
    const [header, feed, pin, replay, end] = csv.split('\n');
    expect(header).toMatch(
      /^engine,device,strategy,batch,work,status,reason,steps,stepsPerEpoch,stepNs\.median,/,
    );
    expect(feed).toMatch(/^cuda,NVIDIA H200,feed,2,1,measured,,500,5,13050,/);
    expect(pin).toMatch(/,1\.305,1\.29,1\.33,faster,14$/);
    expect(replay).toContain('skipped,"no | graphs, ""here"""');
    expect(end).toBe('');
    expect(new Set([header, feed, pin].map((line) => line!.split(',').length)).size).toBe(1);
  });

  it('give Markdown whose table no name can break', async () => {
    const markdown = await render('markdown', one(sampleRecord()));
    expect(markdown).toMatchInlineSnapshot(`
      "| batch | strategy   |    step |   95 % |     p99 | rows/s | copied/step |   setup | against feed      |
      | ----: | :--------- | ------: | -----: | ------: | -----: | ----------: | ------: | :---------------- |
      |     2 | feed       | 13.1 µs | ±1.1 % | 18.0 µs |  153 k |        24 B |  100 ns | baseline          |
      |     2 | pin        | 10.0 µs | ±1.0 % | 14.0 µs |  200 k |         0 B | 42.0 µs | 1.30× (1.29–1.33) |
      |     2 | pin-replay | skipped |        |         |        |             |         |                   |

      - **device**: cuda: NVIDIA H200, CUDA 13.0
      - **dataset**: data.npy: 10 × 3 float32, cast from int64, 120 B
      - **plan**: 100 epochs in 6 rounds after 3 to warm up; mini-batches in one shuffled order, seed 1; remainder dropped; scalars fetched every step
      - **harness**: pinbench itself costs 21 ns of each step
      - **skipped**: cuda pin-replay: no \\| graphs, "here"
      - **verdict**: pin is 1.30× faster (1.29–1.33); its upload pays for itself after 14 steps
      - **warning**: cuda feed, batch 2: 1 of 6 rounds are outliers
      "
    `);
    expect(markdown).toContain('no \\| graphs');
  });

  it('are all rendered and end with a newline', async () => {
    for (const format of REPORT_FORMATS) expect(await render(format, one(sampleRecord()))).toMatch(/\n$/);
  });
});
