import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath as node } from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { childRun } from './child-run.js';

const folder = mkdtempSync(join(tmpdir(), 'pinbench-child-'));
afterAll(() => rmSync(folder, { recursive: true }));

function programOf(text: string): string {
  const program = join(folder, 'program.mjs');
  writeFileSync(program, text);
  return program;
}

describe('a run in a separate process', () => {
  it('is ended when it exceeds its time limit', async () => {
    const program = programOf('setInterval(() => {}, 1000);');
    expect(await childRun({ node, program, args: [], limitNs: 5e8 })).toEqual({
      failed: 'it did not end within 500 ms',
      code: undefined,
    });
  });

  it.skipIf(process.platform === 'win32')(
    'leaves no child process behind',
    async () => {
      const started = join(folder, 'started');
      const holding = `require('fs').writeFileSync(${JSON.stringify(started)}, String(process.pid)); setInterval(() => {}, 1000);`;
      const program = programOf(
        `import { spawn } from 'node:child_process';
       import { existsSync } from 'node:fs';
       spawn(process.execPath, ['-e', ${JSON.stringify(holding)}], { stdio: 'ignore' }).unref();
       while (!existsSync(${JSON.stringify(started)})) await new Promise((done) => setTimeout(done, 10));`,
      );
      await childRun({ node, program, args: [], limitNs: 60e9 });
      const isThere = () => existsSync(`/proc/${readFileSync(started, 'utf8')}`);
      for (let tries = 0; isThere() && tries < 100; tries++)
        await new Promise((done) => setTimeout(done, 50));
      expect(isThere()).toBe(false);
    },
    60_000,
  );

  it('is ended when its output is endless', async () => {
    const program = programOf(
      `const text = 'x'.repeat(2 ** 24); const print = () => process.stdout.write(text, print); print();`,
    );
    expect(await childRun({ node, program, args: [], limitNs: 60e9 })).toEqual({
      failed: 'its output is larger than any record',
      code: undefined,
    });
  }, 60_000);
});
