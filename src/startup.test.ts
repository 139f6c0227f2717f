import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/pinbench.js', import.meta.url));

// A stage of its own: beside other tests there is no idle core for Node's own threads, and the ratio is about 0.1 higher.
describe('pinbench --help', { timeout: 120_000 }, () => {
  // The test is retried, because other load on the machine can slow one attempt.
  it('takes at most 1.6 times as long as an empty Node', { retry: 9 }, () => {
    const time = (args: string[]) => {
      const start = performance.now();
      spawnSync(process.execPath, args);
      return performance.now() - start;
    };
    // The two alternate and the best time of each counts, because another process may slow any one of them.
    const [help, empty] = [[], []] as [number[], number[]];
    for (let round = 0; round < 40; round++) {
      help.push(time([BIN, '--help']));
      empty.push(time(['-e', '0']));
    }
    expect(Math.min(...help) / Math.min(...empty)).toBeLessThan(1.6);
  });
});
