import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareRecords } from '../regress/compare.js';
import { recordWith } from '../regress/testing/simulation.js';
import { renderBenchstat } from './benchstat.js';

/** Path of the program, which .ci/exports installs. */
const benchstat = env.PINBENCH_TEST_BENCHSTAT;
let folder: string;
// Made in a hook, because no hook removes it if every test is skipped.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinbench-benchstat-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(benchstat === undefined)('benchstat on two records (run by .ci/exports)', () => {
  it('reads every round of every row, and finds the same p as compare before its correction', () => {
    const base = recordWith((strategy, round) => (strategy === 'feed' ? 2000 : 1000) + ((round * 37) % 101));
    const head = recordWith((strategy, round) => (strategy === 'feed' ? 2020 : 1500) + ((round * 53) % 97));
    const files = [base, head].map((record, i) => {
      const path = join(folder, `${i}.txt`);
      writeFileSync(path, renderBenchstat([{ name: 'record', record }]));
      return path;
    });
    const said = execFileSync(benchstat!, ['-format', 'csv', ...files], { encoding: 'utf8' });
    const p = (strategy: string) =>
      Number(new RegExp(`strategy=${strategy}/batch=2/work=1,.*p=([\\d.]+) n=20`).exec(said)?.[1]);
    expect(p('pin')).toBe(0);
    const options = { thresholdPercent: 5, metric: 'step', ignoreDevice: false } as const;
    const ours = compareRecords([['base', base]], [['head', head]], options).rows.find(
      (r) => r.strategy === 'feed',
    );
    // Holm's correction for two rows leaves the larger p as it is and doubles the smaller one.
    expect(ours!.p).toBeCloseTo(p('feed'), 2);
  });
});
