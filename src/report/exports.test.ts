import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RunRecord } from '../record/schema.js';
import { sampleRecord } from '../record/testing/sample-record.js';
import { compareRecords } from '../regress/compare.js';
import type { ReportFormat } from '../words.js';
import { annotationsOf } from './github.js';
import { render } from './render.js';

const rendered = (format: ReportFormat, ...records: RunRecord[]) =>
  render(
    format,
    records.map((record, i) => ({ name: `r${i}`, record })),
  );

/**
 * What github-action-benchmark accepts from its custom tools (src/extract.ts): these fields, and at least one row. It coerces
 * values, null to 0 or "null", so this schema requires the right types.
 */
const ACTION = z
  .array(
    z.strictObject({
      name: z.string().min(1),
      unit: z.string(),
      value: z.number(),
      // Its src/extractRangeInfo.ts accepts no other form.
      range: z
        .string()
        .regex(/^± \d+(\.\d+)?(e-?\d+)?$/)
        .optional(),
      extra: z.string().optional(),
    }),
  )
  .nonempty();

/** Bencher Metric Format: benchmark → measure → metric. The length of a name and the suffix that mutes alerts are from its validator. */
const BENCHER = z.record(
  z
    .string()
    .min(1)
    .max(1024)
    .refine((name) => !/bencher[-_]?ignore$/i.test(name)),
  z.record(
    z.string(),
    z.strictObject({
      value: z.number(),
      lower_value: z.number().optional(),
      upper_value: z.number().optional(),
    }),
  ),
);

describe('exports', () => {
  it('give github-action-benchmark times in µs, smaller is better, under stable names', async () => {
    const rows = ACTION.parse(JSON.parse(await rendered('github-action-benchmark', sampleRecord())));
    expect(rows.map(({ name, unit, value }) => [name, unit, value])).toEqual([
      ['cuda feed batch 2 work 1', 'us', expect.any(Number)],
      ['cuda pin batch 2 work 1', 'us', expect.any(Number)],
    ]);
    const [feed] = sampleRecord().results;
    expect(rows[0]!.value).toBeCloseTo(
      feed!.status === 'measured' ? feed!.stepNs.median / 1000 : Number.NaN,
      4,
    );
    expect(rows[0]!.extra).toMatch(/^NVIDIA H200, 10 × 3 float32, \d+ rounds, pinbench /);
  });

  it('give github-action-benchmark speedups in a separate file, bigger is better', async () => {
    const rows = ACTION.parse(JSON.parse(await rendered('github-action-benchmark-speedup', sampleRecord())));
    expect(rows).toMatchObject([
      {
        name: 'cuda pin batch 2 work 1, speedup over feed',
        unit: 'x',
        value: sampleRecord().comparisons[0]!.speedup,
      },
    ]);
  });

  it('give Bencher the latency with its bounds and the throughput', async () => {
    const metrics = BENCHER.parse(JSON.parse(await rendered('bencher', sampleRecord())));
    const { latency, throughput } = metrics['cuda feed batch 2 work 1']!;
    expect(latency!.lower_value).toBeLessThanOrEqual(latency!.value);
    expect(latency!.upper_value).toBeGreaterThanOrEqual(latency!.value);
    expect(throughput!.value).toBeCloseTo(1e9 / latency!.value, 0);
  });

  it('give benchstat one line per round in the format of Go', async () => {
    const lines = (await rendered('benchstat', sampleRecord())).trimEnd().split('\n');
    expect(lines.slice(0, 6)).toEqual([
      ...['goos: linux', 'goarch: amd64', 'pkg: pinbench', 'cpu: a processor'],
      ...['dataset: 10 × 3 float32', 'device: NVIDIA H200'],
    ]);
    expect(lines).toHaveLength(6 + 2 * 6);
    // The format of golang.org/design/14313-benchmark-format: name, iterations, value, unit.
    for (const line of lines.slice(6)) {
      expect(line).toMatch(
        /^Benchmark[A-Z]\S*\/engine=cuda\/strategy=(feed|pin)\/batch=2\/work=1 \d+ [\d.]+ ns\/op$/,
      );
    }
  });

  it('give benchstat several records, with other devices and datasets in separate tables', async () => {
    const other = sampleRecord();
    other.environment.cpu = 'a processor\nwith two lines';
    for (const result of other.results) result.device = 'NVIDIA A100';
    const text = await rendered('benchstat', sampleRecord(), other);
    expect(text.match(/^device: .*$/gm)).toEqual(['device: NVIDIA H200', 'device: NVIDIA A100']);
    expect(text.match(/^cpu: .*$/gm)).toEqual(['cpu: a processor', 'cpu: a processor with two lines']);
  });

  it('refuse what a service would accept as a valid run: an empty list, or rows of two machines under one name', async () => {
    const nothing = sampleRecord();
    nothing.results = nothing.results.filter(({ status }) => status === 'skipped');
    nothing.comparisons = [];
    const feedAlone = { ...sampleRecord(), comparisons: [] };
    for (const format of [
      'github-action-benchmark',
      'github-action-benchmark-speedup',
      'bencher',
      'benchstat',
    ] as const) {
      await expect(rendered(format, nothing)).rejects.toMatchObject({
        code: 'data',
        observed: /nothing to export/,
      });
    }
    await expect(rendered('github-action-benchmark-speedup', feedAlone)).rejects.toThrow(
      /no speedup over feed: nothing to export/,
    );
    for (const format of ['github-action-benchmark', 'github-action-benchmark-speedup', 'bencher'] as const) {
      await expect(rendered(format, sampleRecord(), sampleRecord())).rejects.toMatchObject({ code: 'usage' });
    }
  });

  it('leave out skipped rows', async () => {
    const skipped = sampleRecord().results.find(({ status }) => status === 'skipped')!;
    for (const format of ['github-action-benchmark', 'bencher', 'benchstat'] as const) {
      expect(await rendered(format, sampleRecord())).not.toContain(skipped.strategy);
    }
  });
});

describe('annotations for GitHub', () => {
  it('have an error for a regressed row and nothing for one that stayed the same', () => {
    const slower = sampleRecord();
    for (const result of slower.results) {
      if (result.status === 'measured' && result.strategy === 'pin') {
        result.samplesNs = result.samplesNs.map((ns) => ns * 3);
      }
    }
    const options = { thresholdPercent: 5, metric: 'step', ignoreDevice: false } as const;
    const { rows, metric } = compareRecords([['a', sampleRecord()]], [['b', slower]], options);
    const named = rows.map((row) => ({ ...row, metric }));
    const same = { ...named[0]!, verdict: 'same' as const };
    const regressed = named[1]!;
    expect(annotationsOf([same, regressed], ['regression', 'missing'])).toEqual([
      '::error title=pinbench regressed::cuda pin, batch 2, work 1: step time 3.00× that of the base',
    ]);
    expect(annotationsOf([regressed], ['missing'])[0]).toMatch(/^::warning title=pinbench regressed::/);
    const strange = [{ ...named[0]!, verdict: 'missing' as const, note: '50 %\n::error::x' }];
    expect(annotationsOf(strange, ['missing'])[0]).toContain('50 %25 ::error::x');
  });
});
