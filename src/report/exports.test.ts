import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sampleRecord } from '../record/testing/sample-record.js';
import { compareRecords } from '../regress/compare.js';
import { annotationsOf } from './github.js';
import { render } from './render.js';

/** What github-action-benchmark takes for its custom tools (its README and src/extract.ts): these fields, and no others are read. */
const ACTION = z.array(
  z.strictObject({
    name: z.string().min(1),
    unit: z.string(),
    value: z.number(),
    range: z.string().optional(),
    extra: z.string().optional(),
  }),
);

/** Bencher Metric Format: benchmark → measure → metric. */
const BENCHER = z.record(
  z.string(),
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
  it('gives github-action-benchmark times in µs, smaller is better, under names that stay', async () => {
    const rows = ACTION.parse(JSON.parse(await render('github-action-benchmark', sampleRecord())));
    expect(rows.map(({ name, unit, value }) => [name, unit, value])).toEqual([
      ['cuda feed batch 2 work 1', 'us', expect.any(Number)],
      ['cuda pin batch 2 work 1', 'us', expect.any(Number)],
    ]);
    const [feed] = sampleRecord().results;
    expect(rows[0]!.value).toBe(feed!.status === 'measured' ? feed!.stepNs.median / 1000 : undefined);
    expect(rows[0]!.extra).toMatch(/^NVIDIA H200, 10 × 3 float32, \d+ rounds, pinbench /);
  });

  it('gives it speedups in a file of their own, bigger is better', async () => {
    const rows = ACTION.parse(JSON.parse(await render('github-action-benchmark-speedup', sampleRecord())));
    expect(rows).toMatchObject([
      {
        name: 'cuda pin batch 2 work 1, speedup over feed',
        unit: 'x',
        value: sampleRecord().comparisons[0]!.speedup,
      },
    ]);
  });

  it('gives Bencher latency with its bounds and throughput', async () => {
    const metrics = BENCHER.parse(JSON.parse(await render('bencher', sampleRecord())));
    const { latency, throughput } = metrics['cuda feed batch 2 work 1']!;
    expect(latency!.lower_value).toBeLessThanOrEqual(latency!.value);
    expect(latency!.upper_value).toBeGreaterThanOrEqual(latency!.value);
    expect(throughput!.value).toBeGreaterThan(0);
  });

  it('gives benchstat a line a round, as Go writes them', async () => {
    const lines = (await render('benchstat', sampleRecord())).trimEnd().split('\n');
    expect(lines.slice(0, 4)).toEqual(['goos: linux', 'goarch: amd64', 'pkg: pinbench', 'cpu: a processor']);
    expect(lines).toHaveLength(4 + 2 * 6);
    // The format of golang.org/design/14313-benchmark-format: name, iterations, value, unit.
    for (const line of lines.slice(4)) {
      expect(line).toMatch(
        /^Benchmark[A-Z]\S*\/engine=cuda\/strategy=(feed|pin)\/batch=2\/work=1 \d+ [\d.]+ ns\/op$/,
      );
    }
  });

  it('leaves out what was skipped', async () => {
    const skipped = sampleRecord().results.find(({ status }) => status === 'skipped')!;
    for (const format of ['github-action-benchmark', 'bencher', 'benchstat'] as const) {
      expect(await render(format, sampleRecord())).not.toContain(skipped.strategy);
    }
  });
});

describe('annotations for GitHub', () => {
  it('have an error for what became slower and nothing for what is the same', () => {
    const slower = sampleRecord();
    for (const result of slower.results) {
      if (result.status === 'measured' && result.strategy === 'pin') {
        result.samplesNs = result.samplesNs.map((ns) => ns * 3);
      }
    }
    const options = { thresholdPercent: 5, metric: 'step', ignoreDevice: false } as const;
    const regression = compareRecords([['a', sampleRecord()]], ['b', slower], options);
    expect(annotationsOf(regression)).toEqual([
      '::error title=pinbench: regressed::cuda pin, batch 2, work 1: step time 3.00× of the base',
    ]);
    const [row] = regression.rows;
    const strange = {
      ...regression,
      rows: [{ ...row!, verdict: 'missing' as const, note: '50 %\n::error::x' }],
    };
    expect(annotationsOf(strange)[0]).toContain('50 %25%0A::error::x');
  });
});
