import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pairsSchema } from '../regress/pairs-schema.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'bin', 'pinbench.js');
const DATA = join(ROOT, 'fixtures', 'data.npy');
const RUN = ['--', DATA, '--batch', '2', '--engine', 'cpu'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinbench-ab-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function ab(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'ab', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

/** Makes a project with this build in its node_modules. */
function project(name: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, 'node_modules'), { recursive: true });
  symlinkSync(ROOT, join(path, 'node_modules', 'pinbench'));
  return path;
}

/** Makes a checkout whose program is the given text. */
function failing(name: string, program: string): string {
  const path = join(folder, name);
  for (const part of ['bin', 'dist']) mkdirSync(join(path, part), { recursive: true });
  writeFileSync(join(path, 'package.json'), '{"name":"pinbench","type":"module"}');
  writeFileSync(join(path, 'dist', 'main.js'), '');
  writeFileSync(join(path, 'bin', 'pinbench.js'), program);
  return path;
}

describe('pinbench ab', { timeout: 120_000 }, () => {
  it('alternates the processes of two builds, and writes the records of both with --out', () => {
    const [base, head] = [project('base'), ROOT];
    const out = join(folder, 'out');
    const { status, stdout, stderr } = ab([
      base,
      head,
      '--pairs',
      '2',
      '--out',
      out,
      '--format',
      'json',
      ...RUN,
    ]);
    expect([status, stderr]).toEqual([0, '']);
    const comparison = pairsSchema.parse(JSON.parse(stdout));
    expect(comparison).toMatchObject({
      pairs: 2,
      inTurns: true,
      lost: [],
      complete: true,
      base: { path: base },
      head: { path: head },
    });
    expect(comparison.rows.map(({ metric, strategy }) => `${metric} ${strategy}`)).toEqual([
      ...['step feed', 'step pin', 'speedup pin'],
    ]);
    expect(readdirSync(out).sort()).toEqual(['base', 'comparison.json', 'head']);
    const startOf = (name: string) =>
      JSON.parse(readFileSync(join(out, `${name}.json`), 'utf8')).startedAt as string;
    const first = ['base/1', 'head/1'].map(startOf);
    expect(first.toSorted()).toEqual(first);
    // The processes of the second pair start together.
    for (const name of ['base/2', 'head/2']) expect(startOf(name) > first[1]!).toBe(true);
    const { plan, results } = JSON.parse(readFileSync(join(out, 'head', '2.json'), 'utf8'));
    expect([plan.rounds, results[0].samplesNs.length]).toEqual([30, 30]);
  });

  it('ends within its budget and prints a table', () => {
    const began = performance.now();
    const { status, stdout } = ab([ROOT, ROOT, '--budget', '12s', ...RUN]);
    expect(performance.now() - began).toBeLessThan(13_500);
    expect([0, 1]).toContain(status);
    expect(stdout).toMatch(/^metric +batch +strategy +base +head +change +95 % +verdict$/m);
    expect(stdout).toMatch(/^plan +\d+ pairs? of processes; the two take turns round by round$/m);
  });

  it('calls every row new if the base has no pinbench, and refuses a head without pinbench', () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const { status, stdout, stderr } = ab([empty, ROOT, ...RUN]);
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(/empty has no pinbench .*nothing can regress\n$/),
    ]);
    expect(stdout.match(/^(step|speedup) .* new$/gm)).toHaveLength(3);
    expect(ab([ROOT, empty, ...RUN])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/empty: no pinbench in it; expected/),
    });
    writeFileSync(join(empty, 'package.json'), '{"devDependencies":{"pinbench":"*"}}');
    expect(ab([empty, ROOT, ...RUN])).toMatchObject({
      ...{
        status: 2,
        stderr: expect.stringMatching(/empty: its package.json lists pinbench, which is not installed/),
      },
    });
    mkdirSync(join(empty, 'node_modules'));
    symlinkSync(join(folder, 'gone'), join(empty, 'node_modules', 'pinbench'));
    expect(ab([empty, ROOT, ...RUN])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/no pinbench that can be read; install it again/),
    });
    expect(ab([join(folder, 'none'), ROOT, ...RUN])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/none: no such folder/),
    });
  });

  it.each([
    [['--epochs', '5'], /^pinbench: --epochs: given after --/],
    [['--budget', '5s'], /^pinbench: --budget: given after --/],
    [['--until', '2'], /^pinbench: --until: given after --/],
    [['--processes', '4'], /^pinbench: --processes: given after --/],
    [['--json', 'x.json'], /^pinbench: ab: an output option after --/],
    [['--seed', 'x'], /^pinbench: --seed: "x"/],
  ])('refuses %j after --', (flags, said) => {
    const { status, stderr } = ab([ROOT, ROOT, ...RUN, ...flags]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(said)]);
  });

  it('refuses standard input, missing data and an existing folder for the records', () => {
    expect(ab([ROOT, ROOT, '--', '-']).stderr).toMatch(/standard input, which can be read only once/);
    expect(ab([ROOT, ROOT]).status).toBe(2);
    expect(ab([ROOT, ROOT, '--out', folder, ...RUN]).stderr).toMatch(
      /already exists; expected the path of a new folder/,
    );
  });

  it('says that a relative path is looked up in each folder', () => {
    const { status, stderr } = ab([ROOT, ROOT, '--', 'none.npy']);
    expect([status, stderr]).toEqual([
      4,
      expect.stringMatching(/is looked up in each of the two folders\n$/),
    ]);
  });

  it('refuses a file in place of a folder', () => {
    expect(ab([DATA, ROOT, ...RUN])).toMatchObject({
      ...{ status: 2, stderr: expect.stringMatching(/data\.npy: a file; expected a folder/) },
    });
  });

  it('reads the output of a build that has exited, even if another process holds its pipes open', () => {
    const holding = failing(
      'holding',
      `import { spawn } from 'node:child_process';
       spawn('sleep', ['50'], { stdio: 'inherit', detached: true }).unref();
       process.stderr.write('pinbench: engine cpu: gone\\n');
       process.exit(4);`,
    );
    const began = performance.now();
    const { status, stderr } = ab([ROOT, holding, ...RUN]);
    expect([status, stderr]).toEqual([4, expect.stringMatching(/\(head: engine cpu: gone\)\n$/)]);
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  it.skipIf(process.platform === 'win32')(
    'exits 70, not 1, if a build garbles the channel of its turns',
    () => {
      const garbling = failing(
        'garbling',
        `import { writeSync } from 'node:fs';
       writeSync(3, 'not JSON\\n');
       setInterval(() => {}, 1000);`,
      );
      const { status, stderr } = ab([ROOT, garbling, ...RUN]);
      expect([status, stderr]).toEqual([70, expect.stringMatching(/^pinbench: a bug in pinbench: /)]);
    },
  );

  it('measures a file whose name begins with a dash', () => {
    cpSync(DATA, join(folder, '-x.npy'));
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        BIN,
        'run',
        '--engine',
        'cpu',
        '--batch',
        '2',
        '--processes',
        '2',
        '--rounds',
        '2',
        '--quiet',
        '--',
        '-x.npy',
      ],
      { cwd: folder, encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
  });

  it('repeats the error of a side that fails, and writes nothing', () => {
    const dead = failing(
      'dead',
      "process.stderr.write('pinbench: engine cuda: not there\\n'); process.exitCode = 4;",
    );
    const { status, stdout, stderr } = ab([ROOT, dead, '--out', join(folder, 'none-measured'), ...RUN]);
    expect([status, stdout]).toEqual([4, '']);
    expect(existsSync(join(folder, 'none-measured'))).toBe(false);
    expect(stderr).toMatch(/^pinbench: ab: no pair was measured \(head: engine cuda: not there\)\n$/);
  });

  // The test is retried, because other load on the machine can hide even this regression.
  it('detects a slower build, exits 1, and writes the annotations and the summary for GitHub', {
    retry: 2,
  }, () => {
    rmSync(join(folder, 'slow'), { recursive: true, force: true });
    const slow = join(folder, 'slow');
    mkdirSync(slow);
    for (const part of ['bin', 'dist', 'package.json'])
      cpSync(join(ROOT, part), join(slow, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(slow, 'node_modules'));
    const summary = join(folder, 'summary.md');
    const session = join(slow, 'dist', 'engine', 'tfjs', 'cpu.js');
    const wrapped = readFileSync(session, 'utf8').replace(
      /return new TfjsDevice\(([^;]*)\);/,
      `const slowed = new TfjsDevice($1);
       const prepare = slowed.prepare.bind(slowed);
       // Every step runs ten times.
       slowed.prepare = async (...args) => {
         const made = await prepare(...args);
         const steps = made.steps.bind(made);
         made.steps = (order, from, to, out, stepNs) => {
           for (let i = 0; i < 9; i++) steps(order, from, to, out, stepNs);
           return steps(order, from, to, out, stepNs);
         };
         return made;
       };
       return slowed;`,
    );
    expect(wrapped).toContain('const made = await prepare');
    writeFileSync(session, wrapped);
    const { status, stdout } = ab([ROOT, slow, '--pairs', '6', ...RUN], {
      GITHUB_ACTIONS: 'true',
      GITHUB_STEP_SUMMARY: summary,
    });
    expect(status, stdout).toBe(1);
    expect(stdout).toMatch(/^step +2 +feed .* regressed$/m);
    expect(stdout).toMatch(/^::error title=pinbench regressed::cpu feed, batch 2, work 1: step time/m);
    expect(readFileSync(summary, 'utf8')).toMatch(/^\| metric/);
    expect(existsSync(join(folder, 'comparison.json'))).toBe(false);
  });

  it('ends its processes at a signal, prints the complete pairs, and exits 130', async () => {
    const child = spawn(
      process.execPath,
      [BIN, 'ab', ROOT, ROOT, '--budget', '60s', '--format', 'json', ...RUN],
      { cwd: folder },
    );
    let stdout = '';
    child.stdout.on('data', (bytes) => {
      stdout += bytes;
    });
    setTimeout(() => child.kill('SIGINT'), 9000);
    const code = await new Promise((done) => child.on('close', done));
    expect(code).toBe(130);
    if (stdout !== '') expect(JSON.parse(stdout)).toMatchObject({ complete: false });
  });
});
