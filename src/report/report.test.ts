import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../record/schema.js';
import { sampleRecord } from '../record/testing/sample-record.js';
import { REPORT_FORMATS } from '../words.js';
import { PLAIN, type Screen } from './layout.js';
import { named } from './named.js';
import { renderRegression } from './regression.js';
import { render } from './render.js';
import { hintsOf, warningSentences } from './warnings.js';

const ANSI = new RegExp(`${String.fromCharCode(27)}\\[`);
const one = (record: RunRecord) => [{ name: 'record', record }];
const table = (record: RunRecord, screen: Partial<Screen> = {}) =>
  render('table', one(record), { ...PLAIN, ...screen });

describe('the table', () => {
  it('matches its snapshot', async () => {
    expect(await table(sampleRecord())).toMatchInlineSnapshot(`
      "pin is 1.30× faster than feed (95 %: 1.29–1.33).
      The setup of pin pays for itself after 15 steps (95 %: 14–15), or 3 epochs.

      batch  strategy       step    95 %  rows/s     bytes/s  copied/step    setup  against feed
      ───────────────────────────────────────────────────────────────────────────────────────────────
          2  feed        13.1 µs  ±1.1 %   153 k  1.75 MiB/s         24 B   150 ns  baseline
          2  pin         10.0 µs  ±1.0 %   200 k  2.29 MiB/s          0 B  43.0 µs  1.30× (1.29–1.33)
          2  pin-replay  skipped

      device     cuda: NVIDIA H200, CUDA 13.0
      dataset    data.npy: 10 × 3 float32, cast from int64, 120 B
      plan       6 rounds; mini-batches in one shuffled order; seed 1; remainder dropped; scalars fetched
                 every step; 100 epochs asked for; blocks of at least 10.0 ms; 3 warm-up epochs
      harness    the timing loop costs 21 ns of each step; all 1,000 timed steps were verified
      skipped    cuda pin-replay: no | graphs, "here"
      warning    1 of 6 rounds is an outlier (feed), the farthest at 1.40× the median; it is kept
      "
    `);
  });

  it('states which columns of the file were left out, naming the first of them', async () => {
    const record = sampleRecord();
    const leftOut = [
      { why: 'no-numbers' as const, columns: 10, names: [...'abcdefgh'] },
      { why: 'pandas-index' as const, columns: 1, names: ['id'] },
      { why: 'type-not-read' as const, columns: 1, names: ['n'.repeat(1000)] },
    ];
    const text = await table({ ...record, dataset: { ...record.dataset, leftOut } });
    expect(text).toMatch(
      /^left out {3}10 columns that hold no numbers: a, b, c, d, e, f, g, h, and 2 more$/m,
    );
    expect(text).toMatch(
      /^left out {3}1 column that holds the index of a pandas frame, which --column can select: id$/m,
    );
    expect(text).toMatch(/^left out {3}1 column of an unsupported type:\n +n{40}…n{19}$/m);
    expect(await table(record)).not.toContain('left out');
  });

  it('has no colour by default, and differs only in colour if asked for it', async () => {
    const plain = await table(sampleRecord());
    const coloured = await table(sampleRecord(), { color: true });
    expect(plain).not.toMatch(ANSI);
    expect(coloured).toMatch(ANSI);
    expect(
      coloured.replace(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '').replace(/[ \t]+$/gm, ''),
    ).toBe(plain);
  });

  it.each([60, 80, 100, 200])(
    'fits %i columns with several engines, works, long names and large figures',
    async (width) => {
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
      const text = await table(record, { width });
      for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(width);
      // No row is wrapped: columns that do not fit are left out.
      expect(text.split('\n').filter((line) => line.startsWith('tensorflow'))).toHaveLength(1);
    },
  );

  it('leaves out columns that do not fit in a fixed sequence', async () => {
    const head = async (width: number) =>
      (await table(sampleRecord(), { width })).split('\n').find((line) => line.startsWith('batch'))!;
    const all = [
      'batch',
      'strategy',
      'step',
      '95 %',
      'rows/s',
      'bytes/s',
      'copied/step',
      'setup',
      'against feed',
    ];
    const leaves = ['bytes/s', 'rows/s', 'copied/step', 'setup', '95 %'];
    const shown = (text: string) => text.trim().split(/ {2,}/);
    expect(shown(await head(200))).toEqual(all);
    const widths = Array.from({ length: 55 }, (_, i) => 100 - i);
    const heads = new Set(await Promise.all(widths.map(async (width) => shown(await head(width)).join())));
    expect([...heads]).toEqual(
      [0, 1, 2, 3, 4, 5].map((gone) => all.filter((name) => !leaves.slice(0, gone).includes(name)).join()),
    );
    expect(await table(sampleRecord(), { width: 40 })).toMatch(/pin +10\.0 µs {2}1\.30×$/m);
  });

  it('has at most four lines above it at any width', async () => {
    for (const width of [60, 80, 100, 200]) {
      const long = sampleRecord();
      (long.results[2] as { reason: string }).reason = 'why '.repeat(200);
      long.results.splice(1, 1);
      long.comparisons = [];
      for (const record of [sampleRecord(), long]) {
        const [answer] = (await table(record, { width })).split('\n\n');
        expect(answer!.split('\n').length).toBeLessThanOrEqual(4);
      }
    }
  });

  it('does not say that every process that is not counted failed', () => {
    const reasons = ['killed', 'it measured other rows'];
    expect(warningSentences([{ code: 'processes-lost', processes: 2, reasons }], [])).toEqual([
      '2 processes are not counted: killed; it measured other rows',
    ]);
  });

  it('suggests more processes or a larger budget for an interval, whichever there was too little of', () => {
    const few = { code: 'few-processes', processes: 5, needed: 6 } as const;
    expect(warningSentences([few], [])).toEqual([
      '5 processes are too few for a 95 % interval of the speedup: use --processes 6 or more',
    ]);
    expect(warningSentences([{ ...few, end: 'budget' }], [])).toEqual([
      '5 processes are too few for a 95 % interval of the speedup, which needs 6: use a larger --budget',
    ]);
  });

  it('says that a run was interrupted', async () => {
    expect(await table({ ...sampleRecord(), complete: false })).toMatch(
      /the run is incomplete: only whole rounds are\s+counted/,
    );
  });

  it('labels figures of a processor', async () => {
    const record = sampleRecord();
    record.environment.devices[0]!.gpu = false;
    expect(await table(record)).toMatch(/no GPU: these figures say nothing about\s+one/);
  });
});

describe('warnings', () => {
  it('say so if they concern all cases', () => {
    const cases = [1, 2, 4, 8, 16].map((batch) => ({ engine: 'cuda' as const, batch, work: 1, rounds: 9 }));
    const cut = { code: 'budget-cut' as const, budgetNs: 30e9 };
    expect(warningSentences([{ ...cut, cases }], cases)).toEqual([
      'the budget of 30.0 s cut the run short: all 5 cases ended after 9 rounds',
    ]);
    expect(warningSentences([{ ...cut, cases: cases.slice(1, 3) }], cases)).toEqual([
      'the budget of 30.0 s cut the run short: batch 2, 4 ended after 9 rounds',
    ]);
  });

  it('name the engine and the work if these differ from case to case', () => {
    const cases = [
      { engine: 'cuda' as const, batch: 1, work: 1, rounds: 9 },
      { engine: 'cpu' as const, batch: 2, work: 8, rounds: 9 },
    ];
    expect(warningSentences([{ code: 'budget-cut', budgetNs: 30e9, cases }], cases)).toEqual([
      'the budget of 30.0 s cut the run short: cuda, work 1, batch 1; cpu, work 8, batch 2 ended after 9 rounds',
    ]);
  });

  it('have a sentence for every code, with its numbers', () => {
    const row = { engine: 'cuda', strategy: 'feed', batch: 2, work: 1 } as const;
    const outliers = { code: 'outliers', ...row, outliers: 1, rounds: 20, farthest: 1.5 } as const;
    const until = {
      code: 'until-not-reached',
      engine: 'cuda',
      batch: 2,
      work: 1,
      rounds: 90,
      untilPercent: 1,
    } as const;
    expect(
      warningSentences(
        [
          { code: 'cast', castFrom: 'int64', dtype: 'float32' },
          { code: 'not-finite', nan: 1, infinite: 0, lookedAt: 30, values: 30 },
          { code: 'no-gpu', engine: 'cpu', device: 'a processor' },
          { code: 'shared-memory', engine: 'cuda', device: 'Orin' },
          { code: 'mig', engine: 'cuda', device: 'NVIDIA H100' },
          { code: 'not-monitored', engine: 'cuda', device: 'Orin' },
          { code: 'other-processes', engine: 'cuda', device: 'NVIDIA H100', processes: 1 },
          { code: 'display', engine: 'cuda', device: 'NVIDIA RTX 4090' },
          {
            ...({ code: 'compute-mode', engine: 'cuda', device: 'NVIDIA H100' } as const),
            computeMode: 'exclusive-process',
          },
          { code: 'mps', engine: 'cuda', device: 'NVIDIA H100' },
          { code: 'persistence-off', engine: 'cuda', device: 'NVIDIA RTX 4090' },
          { code: 'numa-node', engine: 'cuda', device: 'NVIDIA H100', node: 1, processNodes: [0] },
          { code: 'copying-slice', engine: 'tensorflow', rowBytes: 12 },
          { code: 'dataset-within-l2', engine: 'cuda', bytes: 120, l2Bytes: 2 ** 25 },
          { code: 'slow-link', engine: 'cuda', generation: 3, width: 8, maxGeneration: 5, maxWidth: 16 },
          { code: 'batches-left-out', batches: [32_768, 65_536], rows: 20_000 },
          {
            ...({ code: 'budget-cut', budgetNs: 30e9 } as const),
            cases: [
              { engine: 'cuda', batch: 1, work: 1, rounds: 12 },
              { engine: 'cuda', batch: 2, work: 1, rounds: 9 },
              { engine: 'cuda', batch: 4, work: 1, rounds: 0 },
            ],
          },
          { ...until, halfWidthPercent: 2.34 },
          { ...until, batch: 4, rounds: 110, halfWidthPercent: 1.2 },
          { code: 'few-rounds', rounds: 5, needed: 6, end: 'planned' },
          { code: 'overflow', engine: 'cuda', batch: 2, work: 1 },
          outliers,
          { ...outliers, strategy: 'pin', batch: 4, outliers: 3, farthest: 0.4 },
          { code: 'throttled', ...row, reasons: ['power cap'], throttled: 2, rounds: 20 },
        ],
        [row, { ...row, batch: 4 }],
      ),
    ).toMatchInlineSnapshot(`
      [
        "the data contains 1 NaN: the sum of a mini-batch that contains one is NaN or infinite whatever is copied, so checking it proves nothing",
        "cuda: Orin shares the host's memory: fed mini-batches do not cross a bus",
        "cuda: NVIDIA H100 is a partition of a GPU (MIG): other partitions may use the same link",
        "cuda: Orin: clocks, throttling and the link cannot be read because NVML is missing or does not respond; a container needs NVIDIA_DRIVER_CAPABILITIES=compute,utility",
        "cuda: another process was computing on NVIDIA H100 when the run began and may share its time, memory and link",
        "cuda: NVIDIA RTX 4090 drives a display, which takes some of its time",
        "cuda: NVIDIA H100 is in compute mode exclusive-process: no other process can use it during the run; sudo nvidia-smi -c DEFAULT lifts this",
        "cuda: NVIDIA H100 may be shared through MPS, whose pipe exists: kernels of other processes may run at the same time",
        "cuda: NVIDIA RTX 4090 has persistence mode off: the driver shuts it down between runs, and each run has to start it again; sudo nvidia-smi -pm 1 turns the mode on",
        "cuda: NVIDIA H100 is attached to NUMA node 1, but the process runs on node 0: copies from another node are slower; --verbose shows how to bind the process",
        "tensorflow: a row has 12 bytes, which is not a multiple of 64, so every slice copies its mini-batch on the device",
        "cuda: the dataset (120 B) fits in the device's L2 cache (32.0 MiB): resident strategies read the cache, not device memory",
        "cuda: the link ran at PCIe 3 ×8 during copies, but device and slot support PCIe 5 ×16: feeding is slower than it could be",
        "batch 32768, 65536 left out: the dataset has 20,000 rows",
        "the budget of 30.0 s cut the run short: batch 1, 2 ended after 9 to 12 rounds; batch 4 not measured",
        "--until 1 % was not reached at batch 2, 4: after 110 rounds the interval is up to ±2.3 %",
        "5 rounds are too few for a 95 % interval, which needs 6: use --epochs 6 or --rounds 6, or more",
        "the sum of a mini-batch overflows its type at batch 2: it is infinite whatever is copied, so checking it proves nothing",
        "up to 3 of 20 rounds are outliers (feed at batch 2; pin at batch 4), the farthest at 0.40× the median; they are kept",
        "the device was throttled (power cap) in 2 of 20 rounds (feed at batch 2); they are kept",
      ]
    `);
    const shared = { code: 'other-processes', engine: 'cuda', device: 'NVIDIA H100', processes: 3 } as const;
    expect(warningSentences([shared], [])).toEqual([
      'cuda: 3 other processes were computing on NVIDIA H100 when the run began and may share its time, memory and link',
    ]);
    const spread = {
      ...({ code: 'numa-node', engine: 'cuda', device: 'NVIDIA H100' } as const),
      ...{ node: 1, processNodes: [0, 1] },
    };
    expect(warningSentences([spread], []).join()).toContain(
      'but the process may run on nodes 0, 1: copies from another node',
    );
    expect(hintsOf([spread, spread, shared])).toEqual([
      'to run on the NUMA node of the device: numactl --cpunodebind=1 --membind=1 pinbench run …',
    ]);
    expect(hintsOf([shared])).toEqual([]);
    const large = { nan: 2000, infinite: 1, lookedAt: 2 ** 29, values: 2 ** 31 };
    const notFinite = (castFrom: string) =>
      warningSentences([{ code: 'not-finite', ...large, castFrom }], [row]).join();
    expect(notFinite('float64')).toBe(
      'the data contains 2,000 NaNs and 1 infinity among 536,870,912 of 2,147,483,648 values: the sum of a mini-batch that contains one is NaN or infinite whatever is copied, so checking it proves nothing; the cast to float32 may have made some of them infinite, which --dtype native avoids on engines that support the type',
    );
    // --dtype native refuses a file of several types, so the warning does not suggest it.
    expect(notFinite('int64+float64')).toMatch(/may have made some of them infinite$/);
    expect(warningSentences([outliers], [row])).toMatchInlineSnapshot(`
      [
        "1 of 20 rounds is an outlier (feed), the farthest at 1.50× the median; it is kept",
      ]
    `);
    expect(warningSentences([{ code: 'batches-left-out', batches: [2], rows: 1 }], [row])).toEqual([
      'batch 2 left out: the dataset has 1 row',
    ]);
    const once = { code: 'throttled' as const, reasons: ['heat'], throttled: 1, rounds: 3 };
    const two = [row, { ...row, strategy: 'pin' } as const];
    expect([
      ...warningSentences([{ ...once, ...row }], [row]),
      ...warningSentences(
        two.map((one) => ({ ...once, ...one })),
        [row],
      ),
      ...warningSentences(
        two.map((one) => ({ ...outliers, ...one, rounds: 3 })),
        [row],
      ),
    ]).toEqual([
      'the device was throttled (heat) in 1 of 3 rounds (feed); it is kept',
      'the device was throttled (heat) in up to 1 of 3 rounds (feed; pin); they are kept',
      'up to 1 of 3 rounds is an outlier (feed; pin), the farthest at 1.50× the median; they are kept',
    ]);
    expect(warningSentences([until], [row])).toMatchInlineSnapshot(`
      [
        "--until 1 % was not reached at batch 2: after 90 rounds there is no interval",
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
  for (const row of [...larger.results, ...larger.comparisons]) row.batch = 64;
  const records = named([
    ['runs/node-3.json', larger],
    ['runs/node-1.json', other],
    ['runs/node-2.json', sampleRecord()],
  ]);

  it('are one table by device, with the lines that all share printed once under it', async () => {
    expect(await render('table', records)).toMatchInlineSnapshot(`
      "pin is 1.30× faster than feed (95 %: 1.29–1.33).

      batch  strategy       step    95 %  rows/s  copied/step    setup  against feed       record
      ───────────────────────────────────────────────────────────────────────────────────────────
      cuda: NVIDIA H200
          2  feed        13.1 µs  ±1.1 %   153 k         24 B   150 ns  baseline           node-2
          2  pin         10.0 µs  ±1.0 %   200 k          0 B  43.0 µs  1.30× (1.29–1.33)  node-2
          2  pin-replay  skipped                                                           node-2
         64  feed        13.1 µs  ±1.1 %   153 k         24 B   150 ns  baseline           node-3
         64  pin         10.0 µs  ±1.0 %   200 k          0 B  43.0 µs  1.30× (1.29–1.33)  node-3
         64  pin-replay  skipped                                                           node-3
      cuda: NVIDIA A100
          2  feed        13.1 µs  ±1.1 %   153 k         24 B   150 ns  baseline           node-1
          2  pin         10.0 µs  ±1.0 %   200 k          0 B  43.0 µs  1.30× (1.29–1.33)  node-1
          2  pin-replay  skipped                                                           node-1

      device     node-3, node-2: cuda: NVIDIA H200, CUDA 13.0
      device     node-1: cuda: NVIDIA A100, CUDA 13.0
      dataset    data.npy: 10 × 3 float32, cast from int64, 120 B
      plan       6 rounds; mini-batches in one shuffled order; seed 1; remainder dropped; scalars fetched
                 every step; 100 epochs asked for; blocks of at least 10.0 ms; 3 warm-up epochs
      skipped    cuda pin-replay: no | graphs, "here"
      warning    1 of 6 rounds is an outlier (feed), the farthest at 1.40× the median; it is kept
      "
    `);
  });

  it('that were measured differently are told apart by the settings that differ', async () => {
    const unlike = sampleRecord();
    unlike.plan.fetch = 'epoch';
    const text = await render('table', [...records, { name: 'node-4', record: unlike }]);
    expect(text).toMatch(/^cuda: NVIDIA H200, plan fetch step$/m);
    expect(text).toMatch(/^cuda: NVIDIA H200, plan fetch epoch$/m);
    expect(text.replace(/\s+/g, ' ')).toMatch(
      / plan node-4: [^;]+;[^;]+;[^;]+;[^;]+; scalars fetched every epoch; /,
    );
  });

  it('have a device column in Markdown, a record column in CSV, and are an array in JSON', async () => {
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

  it('with the same file name are named by their paths', () => {
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

  it('breaks no line of a table, with one record or several', async () => {
    const rows = (text: string) => text.split('\n').filter((line) => /^ +2 {2}(feed|pin)/.test(line));
    expect(rows(await table(strange))).toHaveLength(3);
    const text = await render('table', records);
    expect(rows(text)).toHaveLength(6);
    expect(text).not.toMatch(/^::/m);
  });

  it('is not markup in the cells of Markdown, and no command at the start of a line', async () => {
    const [odd, sample] = [sampleRecord(), sampleRecord()];
    const poison = '<img src=x> [l](http://e) `c` ::error::x';
    for (const result of odd.results) result.device = poison;
    const two = named([
      ['::error::boom.json', odd],
      ['b.json', sample],
    ]);
    const markdown = await render('markdown', two);
    expect(markdown).not.toMatch(/(?<!\\)<img|(?<!\\)\[l|^::/m);
    expect(await render('table', two)).not.toMatch(/^\s*::/m);
  });

  it('breaks no row of Markdown', async () => {
    const markdown = await render('markdown', records);
    const lines = markdown.split('\n\n')[1]!.split('\n');
    expect(lines).toHaveLength(2 + 6);
    for (const line of lines) expect(line.replace(/\\\|/g, '').split('|').length).toBe(11 + 2);
  });
});

describe('a comparison with a baseline', () => {
  it('fits 100 columns with several engines, works and long figures', () => {
    const row = {
      ...({ engine: 'tensorflow', strategy: 'feed-locked', batch: 1_048_576, work: 1024 } as const),
      ...{ base: 999_400, head: 999_400, change: 1.001, ci95: [0.999, 1.002] as [number, number], p: 0.0001 },
      ...({ verdict: 'inconclusive', note: 'more processes' } as const),
    };
    const source = {
      path: `${'x'.repeat(120)}\n.json`,
      startedAt: '2026-11-25T00:00:00Z',
      complete: true,
      devices: ['cuda: NVIDIA H200'],
    };
    const regression = {
      ...({ schema: 'pinbench/comparison@1', metric: 'step', thresholdPercent: 5 } as const),
      ...{
        bases: [source],
        heads: [source],
        otherData: true,
        rows: [row, { ...row, engine: 'cuda', work: 1, baseWork: 2048 } as const],
      },
    };
    const text = renderRegression('table', regression);
    expect(text).toMatch(/^tensorflow +1,048,576 .* inconclusive$/m);
    expect(text).toMatch(/^warning +the epoch sums differ/m);
    expect(renderRegression('table', { ...regression, otherData: false })).not.toContain('the epoch sums');
    for (const line of text.split('\n').slice(0, 4)) expect([...line].length).toBeLessThanOrEqual(100);
    // Columns dropped to fit are in the JSON.
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

  it('give CSV with one line per result, raw numbers, and quotes where needed', async () => {
    const csv = await render('csv', one(sampleRecord()));
    const [header, feed, pin, replay, end] = csv.split('\n');
    expect(header).toMatch(
      /^engine,device,strategy,batch,work,status,reason,steps,stepsPerEpoch,stepNs\.median,/,
    );
    expect(feed).toMatch(/^cuda,NVIDIA H200,feed,2,1,measured,,500,5,13050,/);
    expect(pin).toMatch(/,1\.305,1\.29,1\.33,faster,14,15,15$/);
    expect(replay).toContain('skipped,"no | graphs, ""here"""');
    expect(end).toBe('');
    expect(new Set([header, feed, pin].map((line) => line!.split(',').length)).size).toBe(1);
  });

  it('give Markdown whose table no name can break', async () => {
    const markdown = await render('markdown', one(sampleRecord()));
    expect(markdown).toMatchInlineSnapshot(`
      "pin is 1.30× faster than feed (95 %: 1.29–1.33). The setup of pin pays for itself after 15 steps (95 %: 14–15), or 3 epochs.

      | batch | strategy   |    step |   95 % | rows/s |    bytes/s | copied/step |   setup | against feed      |
      | ----: | :--------- | ------: | -----: | -----: | ---------: | ----------: | ------: | :---------------- |
      |     2 | feed       | 13.1 µs | ±1.1 % |  153 k | 1.75 MiB/s |        24 B |  150 ns | baseline          |
      |     2 | pin        | 10.0 µs | ±1.0 % |  200 k | 2.29 MiB/s |         0 B | 43.0 µs | 1.30× (1.29–1.33) |
      |     2 | pin-replay | skipped |        |        |            |             |         |                   |

      - **device**: cuda: NVIDIA H200, CUDA 13.0
      - **dataset**: data.npy: 10 × 3 float32, cast from int64, 120 B
      - **plan**: 6 rounds; mini-batches in one shuffled order; seed 1; remainder dropped; scalars fetched every step; 100 epochs asked for; blocks of at least 10.0 ms; 3 warm-up epochs
      - **harness**: the timing loop costs 21 ns of each step; all 1,000 timed steps were verified
      - **skipped**: cuda pin-replay: no \\| graphs, "here"
      - **warning**: 1 of 6 rounds is an outlier (feed), the farthest at 1.40× the median; it is kept
      "
    `);
    expect(markdown).toContain('no \\| graphs');
  });

  it('all end with a newline', async () => {
    for (const format of REPORT_FORMATS) expect(await render(format, one(sampleRecord()))).toMatch(/\n$/);
  });
});
