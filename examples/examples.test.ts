import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf } from '../docs/testing/blocks.js';
import { openFile } from '../src/data/open.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, 'examples', path), 'utf8');

describe('examples/api', () => {
  const clone = mkdtempSync(join(tmpdir(), 'pinbench-examples-'));
  const folder = join(clone, 'examples', 'api');
  afterAll(() => rmSync(clone, { recursive: true }));
  // `npm install` leaves a link to the clone there, because package.json names the clone.
  beforeAll(() => {
    cpSync(join(ROOT, 'examples', 'api'), folder, { recursive: true });
    cpSync(join(ROOT, 'fixtures', 'data.npy'), join(clone, 'fixtures', 'data.npy'));
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    rmSync(join(folder, 'node_modules', 'pinbench'), { force: true });
    symlinkSync(ROOT, join(folder, 'node_modules', 'pinbench'), 'junction');
  });
  const { dependencies, scripts } = JSON.parse(read('api/package.json'));
  const start = (...args: string[]) => {
    const [node, ...program] = scripts.start.split(' ');
    expect([node, dependencies]).toEqual(['node', { pinbench: 'file:../..' }]);
    return spawnSync(execPath, [...program, ...args], { cwd: folder, encoding: 'utf8' });
  };

  it('prints for every batch size which strategy is faster', () => {
    const { status, stdout, stderr } = start();
    expect([status, stderr]).toEqual([0, '']);
    const [device, ...lines] = stdout.trimEnd().split('\n');
    expect(device).toMatch(/^on .+/);
    expect(lines).toEqual(
      [1, 2, 5].map((batch) =>
        expect.stringMatching(
          new RegExp(
            `^${batch} rows: pin compared with feed: [a-z]+, \\d+\\.\\d\\d× \\(95 %: \\d+\\.\\d\\d–\\d+\\.\\d\\d\\)$`,
          ),
        ),
      ),
    );
  });

  it('prints one line about a file that it cannot read', () => {
    const { status, stdout, stderr } = start('package.json');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^package\.json: [^\n]+\n$/);
  });
});

describe('examples/ci', () => {
  const workflow = read('ci/.github/workflows/hosted.yml');

  it('has the same workflow as docs/ci.md, whose tests run it', () => {
    expect(`# .github/workflows/hosted.yml\n${workflow}`).toBe(
      blocksOf('ci.md').get('.github/workflows/hosted.yml'),
    );
  });

  it('has enough rows of data for the mini-batches of the workflow', async () => {
    const { rows, close } = await openFile(join(ROOT, 'examples/ci/data.npy'));
    await close();
    const batches = /--batch ([\d,]+)/.exec(workflow)![1]!.split(',').map(Number);
    expect(rows).toBeGreaterThanOrEqual(Math.max(...batches));
  });
});
