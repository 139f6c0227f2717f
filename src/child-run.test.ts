import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

describe('a run in a process of its own', () => {
  it('is ended when it takes longer than it may', async () => {
    const program = programOf('setInterval(() => {}, 1000);');
    expect(await childRun({ node, program, args: [], limitNs: 5e8 })).toEqual({
      failed: 'it did not end within 500 ms',
      code: undefined,
    });
  });

  it('is ended when it prints without end', async () => {
    const program = programOf(
      `const text = 'x'.repeat(2 ** 24); const print = () => process.stdout.write(text, print); print();`,
    );
    expect(await childRun({ node, program, args: [], limitNs: 60e9 })).toEqual({
      failed: 'it printed more than a record',
      code: undefined,
    });
  }, 60_000);
});
