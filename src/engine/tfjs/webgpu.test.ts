import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type MeasuredResult, recordSchema } from '../../record/schema.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** A project with the optional peers; .ci/webgpu makes it, with SwiftShader as the adapter. */
const project = env.PINBENCH_TEST_WEBGPU;

function pinbench(line: string, more: NodeJS.ProcessEnv = {}, cwd = project ?? ROOT) {
  const args = [join(ROOT, 'bin/pinbench.js'), ...line.split(' ')];
  return spawnSync(execPath, args, { cwd, encoding: 'utf8', env: { ...env, ...more } });
}

const DATA = join(ROOT, 'fixtures/data.npy');

/** Writes a matrix of zeros with `rows` rows of 1,024 float32 (4 KiB per row), as a sparse file. */
function writeZeros(path: string, rows: number): void {
  const shape = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, 1024), }`;
  const header = `\x93NUMPY\x01\x00\x76\x00${shape.padEnd(117)}\n`;
  writeFileSync(path, Buffer.from(header, 'latin1'));
  spawnSync('truncate', ['-s', String(128 + rows * 4096), path]);
}

describe('the webgpu engine, without its packages', () => {
  it('says which packages are missing and how to install them, and exits 4', () => {
    const { status, stderr } = pinbench(`run ${DATA} -b 2 --engine webgpu`, {}, ROOT);
    expect(status).toBe(4);
    expect(stderr).toMatch(/^pinbench: engine webgpu: .*not installed.*npm install webgpu [^\n]+\n$/);
  });
});

describe.skipIf(project === undefined)('the webgpu engine, on Dawn (run by .ci/webgpu)', () => {
  it.each([
    '--sampling slice --fetch step',
    '--sampling slice --fetch epoch --remainder keep -b 3',
    '--sampling gather --fetch step --work 2',
    '--sampling gather --fetch epoch --remainder keep -b 4',
  ])('verifies feed and pin with %s, and the process exits by itself', (flags) => {
    const { status, stdout, stderr } = pinbench(`run ${DATA} -b 2 -e 3 --engine webgpu --json - ${flags}`);
    expect([status, stderr]).toEqual([0, '']);
    const results = recordSchema.parse(JSON.parse(stdout)).results as MeasuredResult[];
    expect(results.map(({ strategy, verified }) => [strategy, verified])).toEqual([
      ['feed', true],
      ['pin', true],
    ]);
    if (flags === '--sampling slice --fetch step')
      expect(results.map((r) => r.epochSum)).toEqual([8555, 8555]);
  });

  it('labels a software adapter, which auto does not choose', () => {
    // Only the working folder has the packages, and pinbench itself is installed elsewhere.
    expect(pinbench('engines --json').stdout).toContain('whose code only pinbench run loads');
    const { stdout } = pinbench(`run ${DATA} -b 2 -e 1 --engine webgpu --json -`);
    expect(stdout).toMatch(/SwiftShader[^"]*\(software adapter\)/);
    expect(stdout).toMatch(/on Dawn[^"]*, from the working folder"/);
    const auto = recordSchema.parse(JSON.parse(pinbench(`run ${DATA} -b 2 -e 1 --json -`).stdout));
    expect(auto.environment.devices.map(({ engine }) => engine)).toEqual(['cpu']);
    const named = pinbench(`run ${DATA} -b 2 -e 1 --engine webgpu`).stdout.replace(/\s+/g, ' ');
    expect(named).toMatch(/\(software adapter\), .* no GPU: these figures say nothing about one/);
  });

  it('shares a table with cpu', () => {
    const { status, stdout, stderr } = pinbench(`run ${DATA} -b 2 -e 6 --engine webgpu,cpu --json -`);
    expect([status, stderr]).toEqual([0, '']);
    const { results } = recordSchema.parse(JSON.parse(stdout));
    expect(results.map((r) => `${r.engine} ${r.strategy} ${r.status}`)).toEqual([
      ...['webgpu feed measured', 'webgpu pin measured', 'cpu feed measured', 'cpu pin measured'],
    ]);
  });

  it('skips pin if the dataset exceeds the largest buffer, stating both sizes, and still measures feed', () => {
    const path = join(project!, 'large.npy');
    writeZeros(path, 2 ** 18 + 2 ** 14);
    const { status, stdout } = pinbench(`run ${path} -b 65536 -e 1 --warmup 0 --engine webgpu --json -`);
    spawnSync('rm', [path]);
    expect(status).toBe(0);
    expect(recordSchema.parse(JSON.parse(stdout)).results).toMatchObject([
      { strategy: 'feed', status: 'measured' },
      {
        strategy: 'pin',
        reason: "the dataset, 1.06 GiB, does not fit in the device's largest buffer, 1.00 GiB",
      },
    ]);
  });
});
