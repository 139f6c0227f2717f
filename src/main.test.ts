import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MeasuredResult, type RunRecord, recordSchema } from './record/schema.js';
import { sampleRecord } from './record/testing/sample-record.js';
import { comparisonSchema } from './regress/schema.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'bin', 'pinbench.js');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinbench-main-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the built command line in a separate process from the root of the repository. */
function pinbench(line: string | readonly string[], env: NodeJS.ProcessEnv = {}) {
  const args = typeof line === 'string' ? line.split(' ').filter(Boolean) : line;
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

/** Replaces each figure, which differs from run to run, with a #. */
const withoutFigures = (text: string) =>
  text
    .replace(/\d+(?:[.,]\d+)*/g, '#')
    .replace(/ +/g, ' ')
    .replace(/─+/g, '─');
const measuredIn = (record: RunRecord) => record.results as MeasuredResult[];

describe('pinbench run', () => {
  it("prints the README's comparison of feed and pin", () => {
    const { status, stdout, stderr } = pinbench('run fixtures/data.npy --batch 2 --epochs 100');
    expect([status, stderr]).toEqual([0, '']);
    const [answer, table, below] = stdout.split('\n\n') as [string, string, string];
    expect(answer).toMatch(/^On a processor, pin (is|takes|runs|and feed are) /);
    expect(answer.split('\n').length).toBeLessThanOrEqual(4);
    expect(withoutFigures(table)).toMatch(
      new RegExp(
        [
          '^batch strategy step # % rows/s bytes/s copied/step setup against feed',
          '─',
          ' # feed # [µnm]?s ±# % # ?[kM]? # [KMG]iB/s # B # [µnm]?s baseline',
          ' # pin # [µnm]?s ±# % # ?[kM]? # [KMG]iB/s # B # [µnm]?s #× \\(#–#\\)$',
        ].join('\n'),
      ),
    );
    expect(table).toMatch(/feed .* 24 B /);
    expect(table).toMatch(/pin .* 0 B /);
    // The position of the line break depends on the processor's name.
    expect(below.replace(/\s+/g, ' ')).toMatch(
      /^device cpu: .*TensorFlow\.js 4\.22\.0, cpu backend; no GPU: these figures say nothing about one/,
    );
    expect(below).toMatch(/^dataset +fixtures\/data\.npy: 10 × 3 float32, 120 B$/m);
    for (const text of stdout.split('\n')) expect([...text].length).toBeLessThanOrEqual(100);
  });

  it.each(['data.npy', 'data.arrow'])('writes a record of fixtures/%s that matches the plan', (name) => {
    const { status, stdout } = pinbench(`run fixtures/${name} -b 2 -e 100 --min-time 0 --json -`);
    expect(status).toBe(0);
    const record = recordSchema.parse(JSON.parse(stdout));
    const [feed, pin] = measuredIn(record);
    const common = {
      engine: 'cpu',
      batch: 2,
      work: 1,
      status: 'measured',
      ...{ steps: 500, stepsPerEpoch: 5, epochsMeasured: 100, verifiedSteps: 500 },
      verified: true,
    };
    expect(feed).toMatchObject({
      ...common,
      strategy: 'feed',
      epochSum: 8555,
      h2dBytesPerStep: 24,
      h2dBytesSetup: 0,
    });
    expect(pin).toMatchObject({
      ...common,
      strategy: 'pin',
      epochSum: 8555,
      h2dBytesPerStep: 0,
      h2dBytesSetup: 120,
    });
    for (const { samplesNs, stepNs } of [feed!, pin!]) {
      expect(samplesNs).toHaveLength(20);
      const { min, median, max, ci95, p50, p95, p99 } = stepNs;
      expect([min, median, max]).toEqual([min, median, max].sort((a, b) => a - b));
      expect([min, p50!, p95!, p99!, max]).toEqual([min, p50!, p95!, p99!, max].sort((a, b) => a - b));
      expect(ci95![0]).toBeLessThanOrEqual(median);
      expect(ci95![1]).toBeGreaterThanOrEqual(median);
    }
    expect(record).toMatchObject({
      ...{ complete: true, argv: `run fixtures/${name} -b 2 -e 100 --min-time 0 --json -`.split(' ') },
      dataset: {
        path: `fixtures/${name}`,
        format: name.split('.')[1],
        dtype: 'float32',
        rows: 10,
        cols: 3,
        bytes: 120,
      },
      plan: {
        batches: [2],
        epochs: 100,
        warmup: 3,
        rounds: 20,
        shuffle: 'once',
        sampling: 'slice',
        seed: 1,
      },
      comparisons: [{ engine: 'cpu', batch: 2, work: 1, baseline: 'feed', strategy: 'pin' }],
    });
    expect(record.warnings.map(({ code }) => code)).toContain('no-gpu');
    expect(record.environment.overheadNsPerStep).toBeGreaterThan(0);
  });

  it('sums every row of an epoch with gather, a kept remainder, fetch per epoch or shuffling per epoch', () => {
    for (const flags of [
      '--sampling gather -b 5',
      '--remainder keep -b 3',
      '--fetch epoch -b 2 --work 3',
      '--shuffle epoch -b 1',
    ]) {
      const { status, stdout } = pinbench(`run fixtures/data.npy -e 2 --json - ${flags}`);
      expect(status).toBe(0);
      for (const { epochSum } of measuredIn(JSON.parse(stdout))) expect(epochSum, flags).toBe(8555);
    }
  });

  it('reports that data was cast, in the record and below the table', () => {
    const path = join(folder, 'cast.json');
    const { stdout } = pinbench(`run fixtures/npy-little-i4.npy -b 1 -e 1 --json ${path}`);
    expect(stdout).toMatch(/^dataset .*5 × 3 float32, cast from int32, 60 B$/m);
    const record = JSON.parse(readFileSync(path, 'utf8'));
    expect(record.dataset).toMatchObject({ dtype: 'float32', castFrom: 'int32' });
    expect(record.warnings).toContainEqual(expect.objectContaining({ code: 'cast', castFrom: 'int32' }));
  });

  it('accepts NaN and infinities as data, and an overflow as infinity', () => {
    const { status, stdout } = pinbench('run fixtures/npy-nan-inf.npy -b 1 -e 1 --shuffle none --json -');
    expect(status).toBe(0);
    expect(measuredIn(JSON.parse(stdout)).map(({ epochSum }) => epochSum)).toEqual(['NaN', 'NaN']);
    const overflow = pinbench('run fixtures/npy-little-f8.npy -b 5 -e 1 --json -');
    expect(overflow.status).toBe(0);
    expect(measuredIn(JSON.parse(overflow.stdout)).map(({ epochSum }) => epochSum)).toEqual([
      'Infinity',
      'Infinity',
    ]);
  });

  it('skips strategies that the engine does not support, with the reason and without failing', () => {
    const { status, stdout } = pinbench('run fixtures/data.npy -b 2 -e 1 --strategy all');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ +2 {2}zero-copy +skipped$/m);
    expect(stdout).toMatch(
      /^skipped +cpu feed-locked, feed-ahead, zero-copy: TensorFlow\.js cannot page-lock host memory$/m,
    );
  });

  it('writes complete files in every format at once, and prints nothing with --quiet', () => {
    const path = (extension: string) => join(folder, `all.${extension}`);
    const [json, csv, markdown, html] = [path('json'), path('csv'), path('md'), path('html')];
    const files = ['--json', json, '--csv', csv, '--markdown', markdown, '--html', html];
    expect(pinbench(['run', 'fixtures/data.npy', '-b', '2', '-e', '6', ...files, '--quiet'])).toEqual({
      ...{ status: 0, stdout: '', stderr: '' },
    });
    expect(JSON.parse(readFileSync(json, 'utf8')).schema).toBe('pinbench/record@1');
    expect(readFileSync(csv, 'utf8').split('\n')).toHaveLength(4);
    expect(readFileSync(markdown, 'utf8')).toMatch(/^On a processor, .*\.\n\n\| batch \| strategy/);
    expect(pinbench(['report', html])).toEqual(pinbench(['report', json]));
    expect(pinbench(['report', html, '--format', 'json'])).toEqual(
      pinbench(['report', json, '--format', 'json']),
    );
    expect(readdirSync(folder).filter((name) => !/^(all|cast)\.(json|csv|md|html)$/.test(name))).toEqual([]);
  });

  it('gives the same plan and sums for the same seed', () => {
    const once = () => {
      const { plan, results } = JSON.parse(
        pinbench('run fixtures/data.npy -b 3 -e 1 --seed 7 --json -').stdout,
      );
      return [plan, results.map(({ epochSum }: MeasuredResult) => epochSum)];
    };
    expect(once()).toEqual(once());
  });
});

describe('exit codes and their one-line errors', () => {
  it.each([
    [2, 'run', /missing required argument 'file'/],
    [2, 'setup', /^pinbench: setup: a command is missing; expected tensorflow; /],
    [2, 'help nothing', /^pinbench: "nothing": unknown command; /],
    [2, '--batch 2 run fixtures/data.npy', /^pinbench: --batch: an option before its command; /],
    [
      2,
      'fixtures/data.npy',
      /; to measure it, use pinbench run fixtures\/data\.npy; see pinbench run --help$/,
    ],
    [
      2,
      'run fixtures/data.npy --batch 11',
      /^pinbench: --batch: 11 rows .* expected a whole number from 1 to 10$/,
    ],
    [2, 'run fixtures/data.npy --batch 32', /--batch: 32 rows/],
    [2, 'run fixtures/data.npy --batch 16..64', /--batch: 16 rows/],
    [2, 'run fixtures/data.npy --min-time 0', /--min-time: "0" without --epochs or --rounds; /],
    [2, 'run fixtures/data.npy -b 2 --budget 10ms', /--budget: 10\.0 ms is too short; expected at least/],
    [2, 'run fixtures/data.npy --batch 0', /--batch: "0"/],
    [2, 'run fixtures/data.npy --batch 2.5', /--batch: "2.5"/],
    [2, 'run fixtures/data.npy --frobnicate', /unknown option '--frobnicate'/],
    [2, 'run fixtures/data.npy -b 2 --column a', /--column: the columns of an NPY file have no names/],
    [2, 'run fixtures/data.arrow -b 2 --column z', /no column "z"/],
    [
      2,
      'run fixtures/data.npy -b 2 --json no/such/folder/r.json',
      /no\/such\/folder\/r\.json: its folder cannot be written/,
    ],
    [2, 'run fixtures/data.npy -b 2 --json src', /src: a directory/],
    [3, 'run missing.npy -b 2', /^pinbench: missing\.npy: no such file$/],
    [3, 'run src -b 2', /src: a directory/],
    [3, 'inspect fixtures/broken/npy-object.npy', /never loaded/],
    [3, 'report fixtures/data.npy', /not JSON/],
    [3, 'report package.json', /not a pinbench\/record@1 record \(schema: /],
    [4, 'run fixtures/data.npy -b 2 --device 1', /--device 1: the cpu engine has one device; expected 0/],
    [4, 'run fixtures/data.npy -b 2 --engine webgpu', /engine webgpu: /],
    [
      4,
      'run fixtures/data.npy -b 2 -e 1 --strategy zero-copy',
      /nothing was measured \(TensorFlow\.js cannot page-lock/,
    ],
    [
      4,
      'run fixtures/npy-little-i4.npy -b 2 -e 1 --dtype native',
      /the dataset is int32: use --dtype float32/,
    ],
  ])('%i for "%s"', (code, line, sentence) => {
    const { status, stderr } = pinbench(line);
    expect(stderr.trimEnd()).toMatch(sentence);
    expect(stderr).toMatch(/^pinbench: [^\n]+\n$/);
    expect(stderr).not.toMatch(/^pinbench: pinbench/);
    expect(status).toBe(code);
  });

  it('are 0 with the help for pinbench without arguments', () => {
    const { status, stdout, stderr } = pinbench('');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe(pinbench('--help').stdout);
    expect(stdout).toMatch(/^Usage: pinbench /);
  });

  it('are 4 with one line if there is no CUDA driver', () => {
    const nowhere = { PINBENCH_CUDA_LIBRARY: join(folder, 'no-libcuda.so') };
    const { status, stderr } = pinbench('run fixtures/data.npy -b 2 --engine cuda', nowhere);
    expect(stderr).toMatch(
      /^pinbench: engine cuda: no CUDA driver library: looked for [^\n]+; install the NVIDIA driver, [^\n]+\n$/,
    );
    expect(status).toBe(4);
    expect(pinbench('engines', nowhere).stdout).toMatch(
      /^cuda +not available: no CUDA driver library: looked for \S+; install the NVIDIA driver, or set/m,
    );
  });

  const broken = join(ROOT, 'fixtures', 'broken');
  // Each file needs a process, so only every fourth is tested here. data/fixtures.test.ts opens all of them in one process.
  const files = readdirSync(broken)
    .filter((name) => !name.endsWith('.json'))
    .filter((_, i) => i % 4 === 0);
  it('are correct for files that must be refused', async () => {
    const run = promisify(execFile);
    const check = async (name: string) => {
      const { reason, columns, code } = JSON.parse(
        readFileSync(join(broken, name.replace(/\.\w+$/, '.json')), 'utf8'),
      );
      const flags = columns ? ['--column', columns.join()] : [];
      const args = [BIN, 'run', join('fixtures', 'broken', name), '-b', '1', '-e', '1', ...flags];
      const error = await run(process.execPath, args, { cwd: ROOT }).then(
        () => ({ code: 0, stderr: '' }),
        (thrown: { code: number; stderr: string }) => thrown,
      );
      expect([name, error.code]).toEqual([name, code === 'usage' ? 2 : 3]);
      expect(error.stderr).toMatch(/^pinbench: [^\n]+\n$/);
      expect(error.stderr).toContain(reason);
    };
    const waiting = [...files];
    const worker = async () => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) await check(name);
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    expect(files.length).toBeGreaterThan(40);
  }, 120_000);

  it('come with a stack with --verbose', () => {
    const { status, stderr } = pinbench('run missing.npy -b 2 --verbose');
    expect(status).toBe(3);
    expect(stderr).toMatch(/PinbenchError: missing\.npy: no such file\n {4}at /);
    expect(stderr).toContain('caused by Error: ENOENT');
  });
});

describe.skipIf(process.platform === 'win32')('interruptions and closed outputs', () => {
  const closed = (child: ChildProcess) =>
    new Promise<number | null>((done) => child.on('close', (code) => done(code)));

  it('an interrupted run writes its measurements marked as incomplete, exits 130 and leaves no temporary file', async () => {
    const path = join(folder, 'interrupted.json');
    const args = [BIN, 'run', 'fixtures/data.npy', '-b', '1', '-e', '40000', '--json', path];
    const child = spawn(process.execPath, args, { cwd: ROOT });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    setTimeout(() => child.kill('SIGINT'), 2500);
    expect(await closed(child)).toBe(130);
    expect(stderr).toMatch(/^pinbench: fixtures\/data\.npy: interrupted; [^\n]+"complete": false\n$/);
    expect(stdout).toMatch(/the run is incomplete \(interrupted\): only whole rounds are counted/);
    const record = recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    expect(record.complete).toBe(false);
    expect(record.results).toHaveLength(2);
    expect(readdirSync(folder).filter((name) => name.startsWith('interrupted'))).toEqual([
      'interrupted.json',
    ]);
  });

  it('an interrupted run that writes no record does not refer to a field of the record', async () => {
    const args = [BIN, 'run', 'fixtures/data.npy', '-b', '1', '-e', '40000'];
    const child = spawn(process.execPath, [...args, '--csv', join(folder, 'interrupted.csv')], { cwd: ROOT });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.stdout.resume();
    setTimeout(() => child.kill('SIGINT'), 2500);
    expect(await closed(child)).toBe(130);
    expect(stderr).toBe('pinbench: fixtures/data.npy: interrupted; the finished rounds are written\n');
  });

  it('a command ends quietly when the reader of its output closes the pipe', async () => {
    const child = spawn('sh', ['-c', `"${process.execPath}" "${BIN}" schema | head -n 1`], { cwd: ROOT });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.stdout.resume();
    expect(await closed(child)).toBe(0);
    expect(stderr).toBe('');
  });

  it.each(['| true', '2>&1 | true', '>/dev/null 2> >(true)'])(
    'a command keeps its exit code when its readers close the pipes: %s',
    async (readers) => {
      const path = join(folder, 'unread.json');
      const record = sampleRecord();
      for (const result of record.results) {
        if (result.status === 'measured')
          result.samplesNs = result.samplesNs.map((ns, i) => ns * (1 + i / 10));
      }
      writeFileSync(path, JSON.stringify(record));
      // The expected exit code is 6, which no crash has. The readers have exited before the first write.
      const compare = `"${process.execPath}" "${BIN}" compare "${path}" "${path}" --fail-on inconclusive`;
      const child = spawn('bash', ['-c', `{ sleep 1; ${compare}; } ${readers}; exit \${PIPESTATUS[0]}`], {
        env: { ...process.env, GITHUB_ACTIONS: 'true' },
      });
      expect(await closed(child)).toBe(6);
    },
  );

  it.skipIf(!existsSync('/dev/full'))(
    'a command reports that its output could not be written, with an exit code that is not a verdict',
    () => {
      const compare = `"${process.execPath}" "${BIN}" schema >/dev/full`;
      const { status, stderr } = spawnSync('bash', ['-c', compare], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([
        2,
        'pinbench: standard output: cannot be written (ENOSPC, no space left on device)\n',
      ]);
    },
  );
});

describe('the other commands', () => {
  it('report renders a record to every format, and to a file', () => {
    const path = join(folder, 'record.json');
    writeFileSync(path, JSON.stringify(sampleRecord()));
    expect(pinbench(['report', path]).stdout).toContain('pin is 1.30× faster than feed (95 %: 1.29–1.33).');
    expect(JSON.parse(pinbench(['report', path, '--format', 'json']).stdout)).toEqual(sampleRecord());
    const out = join(folder, 'report.csv');
    expect(pinbench(['report', path, '--format', 'csv', '-o', out])).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
    expect(readFileSync(out, 'utf8')).toMatch(/^engine,device,strategy/);
  });

  it('report puts several records in one table, from paths or a pattern, and names those that cannot be read', () => {
    for (const [i, name] of ['NVIDIA H200', 'NVIDIA A100'].entries()) {
      const text = JSON.stringify(sampleRecord()).replaceAll('NVIDIA H200', name);
      writeFileSync(join(folder, `fleet-${i}.json`), text);
    }
    const paths = [0, 1].map((i) => join(folder, `fleet-${i}.json`));
    const { status, stdout } = pinbench(['report', ...paths]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^cuda: NVIDIA H200\n.* fleet-0\n[\s\S]*^cuda: NVIDIA A100\n.* fleet-1\n/m);
    expect(pinbench(['report', join(folder, 'fleet-*.json')]).stdout).toBe(stdout);
    const broken = join(folder, 'fleet-broken.json');
    writeFileSync(broken, '{');
    const refused = pinbench(['report', ...paths, broken]);
    expect([refused.status, refused.stdout]).toEqual([3, '']);
    expect(refused.stderr).toMatch(/fleet-broken\.json: not JSON/);
    rmSync(broken);
    expect(pinbench(['report', ...paths, '--format', 'bencher']).status).toBe(2);
  });

  it('schema prints a JSON Schema that names every field of a record', () => {
    const schema = JSON.parse(pinbench('schema').stdout);
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(
      Object.keys(schema.properties).filter((field) => field !== 'reason' && field !== 'findings'),
    ).toEqual(Object.keys(sampleRecord()));
    expect(pinbench('schema record').stdout).toBe(pinbench('schema').stdout);
  });

  it('inspect shows a header, for people and as JSON', () => {
    expect(pinbench('inspect fixtures/npy-fortran-big-i2.npy').stdout).toMatch(
      /^file {4}fixtures\/npy-fortran-big-i2\.npy: npy 1\.0, 184 B\nshape {3}7 × 4, read as 7 rows × 4 columns\ndtype {3}int16, big-endian, column-major, compression none\nmemory {2}112 B as float32 \(cast from int16\)\nhost {4}the dataset fits in memory: 112 B needed, .* free\n\nCUDA finds no GPU here\. .*\nA mini-batch of 7 rows \(the whole dataset\) is 112 B: feed copies that much in each step, pin only an index\.\nNext: npx pinbench run fixtures\/npy-fortran-big-i2\.npy --batch 1\.\.4 --budget 60s\n$/,
    );
    expect(JSON.parse(pinbench('inspect fixtures/arrow-mixed.arrow --json').stdout)).toMatchObject({
      ...{ format: 'arrow', variety: 'file', rows: 2, cols: 3, dtype: 'int64+float64+bool', bytes: 24 },
      host: { fits: true },
      devices: [],
      ...{
        batch: 2,
        bytesPerStep: 24,
        next: 'npx pinbench run fixtures/arrow-mixed.arrow --batch 1..2 --budget 60s',
      },
    });
  });

  it('inspect lists the columns that are left out, and why', () => {
    const { stdout } = pinbench('inspect fixtures/arrow-pandas-index.arrow');
    expect(stdout).toMatch(
      /^column {2}__index_level_0__: Float64, the index of a pandas frame, left out unless --column names it$/m,
    );
    expect(pinbench('inspect fixtures/arrow-among-others.arrow').stdout).toMatch(
      /^column {2}name: Utf8, holds no numbers, left out$/m,
    );
    expect(pinbench('inspect fixtures/arrow-beside-list-views.arrow').stdout).toMatch(
      /^column {2}before: ListView<\w+>, unsupported type, left out$/m,
    );
  });

  it('engines lists the available engines', () => {
    expect(pinbench('engines').stdout).toMatch(
      /^cpu +available: device 0, .*TensorFlow\.js 4\.22\.0, cpu backend \(no GPU: /m,
    );
    const cpu = JSON.parse(pinbench('engines --json').stdout).find(
      ({ name }: { name: string }) => name === 'cpu',
    );
    expect(cpu).toMatchObject({ available: true, devices: [{ gpu: false }] });
  });
});

describe('the terminal', () => {
  it('gets no colour and no progress bar if output goes to a pipe, whatever the environment', () => {
    const esc = String.fromCharCode(27);
    const { stdout, stderr } = pinbench('run fixtures/data.npy -b 2 -e 6', {
      CI: '',
      TERM: 'xterm-256color',
    });
    expect(stdout + stderr).not.toContain(esc);
  });
});

describe('pinbench compare', () => {
  const record = (name: string, work: number, noise = 0.001) => {
    const made = sampleRecord();
    made.plan.works = [work];
    for (const result of made.results) {
      result.work = work;
      if (result.status === 'skipped') continue;
      // Six processes of five rounds each, which differ by `noise`.
      result.samplesNs = Array.from({ length: 30 }, (_, i) => work * 1000 * (1 + Math.floor(i / 5) * noise));
      result.roundsPerProcess = Array(6).fill(5);
    }
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(made));
    return path;
  };

  it('exits 1 with a table of the regressions if the head is slower, and 0 for a record compared with itself', () => {
    const [light, heavy] = [record('light.json', 1), record('heavy.json', 2)];
    const same = pinbench(['compare', light, light]);
    expect([same.status, same.stderr]).toEqual([0, '']);
    expect(same.stdout).toMatch(/^ +2 +feed +.* same$/m);
    const slower = pinbench(['compare', light, heavy]);
    expect([slower.status, slower.stderr]).toEqual([1, '']);
    expect(slower.stdout).toMatch(/^ +2 +1 → 2 +feed +.* 2\.00× .* 0\.004 +regressed$/m);
    expect(slower.stdout).toMatch(/^verdict +2 regressed; step times, threshold 5 %$/m);
    expect(slower.stdout).toMatch(/^base +\S*light\.json \(2026-11-24 04:00 UTC\)$/m);
    expect(slower.stdout).toMatch(/^device +cuda: NVIDIA H200$/m);
    expect(pinbench(['compare', heavy, light]).status).toBe(0);
    expect(JSON.parse(pinbench(['compare', light, heavy, '--format', 'json']).stdout)).toMatchObject({
      metric: 'step',
      rows: [{ strategy: 'feed', verdict: 'regressed' }, { verdict: 'regressed' }],
    });
    expect(pinbench(['compare', light, heavy, '--fail-on', 'missing']).status).toBe(0);
    expect(pinbench(['compare', light, heavy, '--fail-on', 'none']).status).toBe(0);
  });

  it('accepts several bases through a pattern', () => {
    for (const [i, noise] of [0.001, 0.002, 0.003].entries()) record(`main-${i}.json`, 1, noise);
    const head = record('now.json', 1);
    const { status, stdout, stderr } = pinbench([...['compare', join(folder, 'main-*.json'), head]]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^ +2 +feed .* same$/m);
    expect(stdout).toMatch(/2 same; step times, threshold 5 %/);
    const heads = pinbench(['compare', head, join(folder, 'main-*.json'), '--format', 'json']);
    expect(JSON.parse(heads.stdout)).toMatchObject({ bases: [{ path: head }], heads: [{}, {}, {}] });
    expect(pinbench(['compare', join(folder, 'none-*.json'), head]).status).toBe(3);
    // A threshold derived from the bases no longer exists: it let a doubling pass.
    expect(pinbench(['compare', head, head, '--threshold', 'auto']).status).toBe(2);
  });

  it('writes the summary and an error line in GitHub Actions', () => {
    const [light, heavy] = [record('light.json', 1), record('heavy.json', 2)];
    const summary = join(folder, 'summary.md');
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary };
    const { status, stdout } = pinbench(['compare', light, heavy], env);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^::error title=pinbench regressed::cuda feed, batch 2/m);
    expect(readFileSync(summary, 'utf8')).toMatch(/^\| batch \| {2}work \| strategy/);
    const json = pinbench(['compare', light, heavy, '--format', 'json', '--fail-on', 'missing'], env);
    expect(json.status).toBe(0);
    expect(JSON.parse(json.stdout).rows).toHaveLength(2);
    expect(json.stderr).toMatch(/^::warning title=pinbench regressed::/);
    const nowhere = { ...env, GITHUB_STEP_SUMMARY: join(folder, 'no', 'summary.md') };
    const unsummarised = pinbench(['compare', light, heavy], nowhere);
    expect([unsummarised.status, unsummarised.stderr]).toEqual([
      ...[
        1,
        expect.stringMatching(
          /^pinbench: \S*summary\.md: cannot be written \(ENOENT, no such file or directory\); this comparison is not in the job summary/,
        ),
      ],
    ]);
    const markdown = pinbench(['compare', light, heavy, '--format', 'markdown'], env);
    expect(markdown.stdout).not.toContain('::error');
    expect(markdown.stderr).toMatch(/^::error title=pinbench regressed::/);
    const unlike = pinbench(['compare', light, join(folder, 'none.json')], env);
    expect(unlike.status).toBe(3);
    expect(unlike.stdout).toMatch(/^::error title=pinbench could not compare::\S*none\.json: cannot be read/);
    expect(readFileSync(summary, 'utf8')).toMatch(
      /^pinbench could not compare: \S*none\\?\.json: cannot be read/m,
    );
  });

  it('prints JSON that matches its schema, for every verdict', () => {
    const printed = (args: readonly string[]) => {
      const { stdout, stderr } = pinbench(['compare', ...args, '--format', 'json']);
      expect(stderr).toBe('');
      const json = JSON.parse(stdout);
      // The output has no field that the schema does not name.
      expect(comparisonSchema.parse(json)).toEqual(json);
      expect(Object.entries(json)[0]).toEqual(['schema', 'pinbench/comparison@1']);
      return json.rows.map(({ verdict }: { verdict: string }) => verdict);
    };
    const [light, heavy] = [record('light.json', 1), record('heavy.json', 2)];
    const noisy = record('noisy.json', 1, 0.1);
    const without = (name: string, strategy: string) => {
      const made = JSON.parse(readFileSync(light, 'utf8')) as RunRecord;
      made.results = made.results.filter((result) => result.strategy !== strategy);
      made.comparisons = [];
      const path = join(folder, name);
      writeFileSync(path, JSON.stringify(made));
      return path;
    };
    expect(printed([light, light])).toEqual(['same', 'same']);
    expect(printed([light, heavy])).toEqual(['regressed', 'regressed']);
    expect(printed([heavy, light])).toEqual(['improved', 'improved']);
    expect(printed([noisy, noisy])).toEqual(['inconclusive', 'inconclusive']);
    expect(printed([light, without('no-pin.json', 'pin')])).toEqual(['same', 'missing']);
    expect(printed([without('no-feed.json', 'feed'), light])).toEqual(['same', 'new']);
    expect(printed([light, light, '--metric', 'speedup'])).toEqual(['same']);
    const several = [light, record('light-2.json', 1, 0.002), record('light-3.json', 1, 0.003)];
    expect(printed([...several, light])).toEqual(['same', 'same']);
  });

  it('has a JSON Schema that names every field', () => {
    const schema = JSON.parse(pinbench('schema compare').stdout);
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.title).toBe('pinbench/comparison@1');
    const light = record('light.json', 1);
    const printed = JSON.parse(pinbench(['compare', light, light, '--format', 'json']).stdout);
    expect(Object.keys(schema.properties)).toEqual(Object.keys(printed));
    expect(schema.properties.rows.items.properties.p.description).toMatch(/Mann–Whitney/);
  });

  it('exits 6 for an inconclusive row if --fail-on asks for it', () => {
    const noisy = record('noisy.json', 1, 0.1);
    expect(pinbench(['compare', noisy, noisy]).status).toBe(0);
    expect(pinbench(['compare', noisy, noisy, '--fail-on', 'inconclusive']).status).toBe(6);
  });

  it('exits 7 for a baseline that is not comparable and 3 for a file that is not a record', () => {
    const light = record('light.json', 1);
    const other = join(folder, 'other.json');
    writeFileSync(other, readFileSync(light, 'utf8').replace('"rows":10', '"rows":11'));
    const unlike = pinbench(['compare', light, other]);
    expect([unlike.status, unlike.stdout]).toEqual([7, '']);
    expect(unlike.stderr).toMatch(
      /^pinbench: [^\n]*dataset rows 10, not 11; measure both with the same data and options\n$/,
    );
    writeFileSync(other, readFileSync(light, 'utf8').slice(0, 300));
    expect(pinbench(['compare', light, other])).toMatchObject({ status: 3 });
    expect(pinbench(['compare', light])).toMatchObject({ status: 2 });
  });
});
