import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { recordSchema } from '../src/record/schema.js';
import { type PairsComparison, pairsSchema } from '../src/regress/pairs-schema.js';
import { runJob } from './testing/actions.js';
import { blocksOf } from './testing/blocks.js';
import { makeProject, missing, npyOf, type Project } from './testing/project.js';

const blocks = blocksOf('ci.md');
const block = (name: string) => blocks.get(name)!;

/** The exit code that a table requires. On a noisy machine even a comparison of the same code may be called a regression. */
const codeOf = (table: string) => (/\b(regressed|missing)\b/.test(table) ? 1 : 0);

/** The recipe with six pairs instead of the default time limit; that is enough for a test. */
const shortened = (recipe: string) => recipe.replace('pinbench ab base', 'pinbench ab --pairs 6 base');

/** Makes the pinbench of a folder report twice the step time for `pin`, and therefore half the speedup over feed. */
function slowPin(folder: string): void {
  const bin = join(folder, 'node_modules', 'pinbench', 'bin');
  renameSync(join(bin, 'pinbench.js'), join(bin, 'as-is.js'));
  writeFileSync(join(bin, 'pinbench.js'), SLOWER, { mode: 0o755 });
}

const SLOWER = `#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
const args = process.argv.slice(2);
const measures = args[0] === 'run';
const path = fileURLToPath(new URL('./as-is.js', import.meta.url));
const { status, stdout } = spawnSync(process.execPath, [path, ...args], {
  stdio: ['inherit', measures ? 'pipe' : 'inherit', 'inherit'],
});
if (measures && status === 0) {
  const record = JSON.parse(stdout);
  for (const result of record.results)
    if (result.strategy === 'pin') result.samplesNs = result.samplesNs.map((ns) => 2 * ns);
  console.log(JSON.stringify(record));
}
process.exitCode = status;
`;

const recordsIn = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((name) => recordSchema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));

const TITLE = `docs/ci.md${missing ? `: skipped, ${missing}` : ''}`;

// Each test is a whole job: it installs the project and measures.
describe.skipIf(missing !== undefined)(TITLE, { timeout: 300_000 }, () => {
  let project: Project;
  let base: string;
  let merge: string;
  beforeAll(() => {
    project = makeProject();
    base = project.commit();
    merge = project.commit();
  });
  afterAll(() => project.remove());

  it('has four workflows', () => {
    expect([...blocks.keys()]).toEqual([
      '.github/workflows/gate.yml',
      '.github/workflows/gpu.yml',
      '.github/workflows/hosted.yml',
      '.gitlab-ci.yml',
    ]);
  });

  const pullRequest = (repository = 'me/model') => ({
    github: {
      ...{ event_name: 'pull_request', repository: 'me/model', sha: merge },
      event: { pull_request: { head: { repo: { full_name: repository } } } },
    },
  });

  /** Checks that the records of each side are of its commit and of that engine. Returns the comparison. */
  function expectRecords(folder: string, engine: string, pairs: number): PairsComparison {
    const sides = (['base', 'head'] as const).map((side) => recordsIn(join(folder, side)));
    expect(sides.map((records) => records.map(({ environment }) => environment.git!.commit))).toEqual([
      Array(pairs).fill(base),
      Array(pairs).fill(merge),
    ]);
    for (const { results } of sides.flat()) {
      expect(results.map((result) => [result.engine, result.status])).toEqual(
        Array(4).fill([engine, 'measured']),
      );
    }
    return pairsSchema.parse(JSON.parse(readFileSync(join(folder, 'comparison.json'), 'utf8')));
  }

  it('has an action that compares base and head according to its inputs, and uploads the records', () => {
    const workflow = block('.github/workflows/gate.yml').replace(
      'metric: speedup',
      'metric: speedup, budget: 40s',
    );
    const { steps, summary, workspace, again } = runJob(project, workflow, 'pinbench', pullRequest());
    const { code, output } = steps.get('Compare')!;
    expect(output).toMatch(/^metric +batch +strategy +base +head/m);
    expect(output).toMatch(/^speedup +256 +pin/m);
    expect(output).not.toMatch(/^step /m);
    expect(code, output).toBe(codeOf(output));
    expect(summary).toMatch(/^\| speedup/m);
    const artifact = join(project.scratch, 'artifacts', 'pinbench');
    expect(recordsIn(join(artifact, 'head')).length).toBeGreaterThan(0);
    rmSync(artifact, { recursive: true });
    slowPin(workspace);
    const temp = readdirSync(project.scratch)
      .filter((name) => name.startsWith('pinbench-temp-'))
      .at(-1)!;
    rmSync(join(project.scratch, temp, 'pinbench-records'), { recursive: true });
    expect(again('Compare')).toMatchObject({
      ...{ code: 1, output: expect.stringMatching(/^::error title=pinbench regressed::.*pin/m) },
    });
  });

  it('has a workflow for a self-hosted GPU that compares base and head, and fails if the head is slower', () => {
    const workflow = shortened(block('.github/workflows/gpu.yml'));
    const job = runJob(project, workflow, 'pinbench', pullRequest());
    const { steps, status, summary, workspace, again } = job;
    const { code, output } = steps.get('Compare')!;
    expect(output).toMatch(/^metric +batch +strategy +base +head/m);
    expect(code, output).toBe(codeOf(output));
    expect(status).toBe(code === 0 ? 'success' : 'failure');
    expect(summary).toMatch(/^\| metric +\| +batch \| strategy/m);
    const artifact = join(project.scratch, 'artifacts', 'pinbench');
    expect(expectRecords(artifact, 'cuda', 6)).toMatchObject({ pairs: 6, complete: true });
    slowPin(join(workspace, 'head'));
    rmSync(join(workspace, 'records'), { recursive: true });
    expect(again('Compare')).toMatchObject({
      ...{ code: 1, output: expect.stringMatching(/^::error title=pinbench regressed::.*pin/m) },
    });
    writeFileSync(join(workspace, 'head', 'data.npy'), npyOf(1024, 2));
    rmSync(join(workspace, 'records'), { recursive: true });
    expect(again('Compare')).toMatchObject({
      code: 7,
      output: expect.stringMatching(/dataset cols 3, not 2/),
    });
    expect(job.summary).toMatch(/dataset cols 3, not 2/);
  });

  it('has a workflow for a self-hosted GPU that does not run for forks', () => {
    const workflow = block('.github/workflows/gpu.yml');
    expect(runJob(project, workflow, 'pinbench', pullRequest('you/model')).status).toBe('skipped');
  });

  it('has a workflow for hosted runners that compares base and head by step times and speedups', () => {
    const workflow = shortened(block('.github/workflows/hosted.yml'));
    const { steps, summary, workspace, again } = runJob(project, workflow, 'pinbench', pullRequest());
    const { code, output } = steps.get('Compare')!;
    expect(output).toMatch(/^speedup +1,024 +pin/m);
    expect(code, output).toBe(codeOf(output));
    expect(summary).toMatch(/^\| speedup/m);
    slowPin(join(workspace, 'head'));
    expect(again('Compare')).toMatchObject({
      ...{ code: 1, output: expect.stringMatching(/^::error title=pinbench regressed::.*pin/m) },
    });
  });

  it('has a workflow that passes for the pull request that adds pinbench to a project: every row is new', () => {
    const workflow = shortened(block('.github/workflows/hosted.yml'));
    const brought = ['package.json', 'package-lock.json', 'vendor'];
    const move = (from: string, to: string) => {
      for (const name of brought) renameSync(join(from, name), join(to, name));
    };
    const aside = mkdtempSync(join(project.scratch, 'aside-'));
    move(project.repository, aside);
    project.commit();
    move(aside, project.repository);
    const github = { ...pullRequest().github, sha: project.commit() };
    const { steps, status } = runJob(project, workflow, 'pinbench', { github });
    expect(steps.get('Compare')?.output).toMatch(/^verdict +6 new/m);
    expect(status).toBe('success');
  });

  it('has a GitLab job that compares base and head, and fails if the head is slower', () => {
    const { script, artifacts } = parse(shortened(block('.gitlab-ci.yml'))).pinbench as {
      script: string[];
      artifacts: { paths: string[] };
    };
    const folder = join(project.scratch, 'gitlab');
    spawnSync('git', ['clone', '--quiet', project.repository, folder]);
    spawnSync('git', ['checkout', '--quiet', '--detach', merge], { cwd: folder });
    // GitLab's runner joins the lines of a job to one script.
    const run = (lines: readonly string[]) =>
      spawnSync('bash', ['-eo', 'pipefail', '-c', lines.join('\n')], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...project.env, CI: 'true', CI_PROJECT_DIR: folder, CI_MERGE_REQUEST_DIFF_BASE_SHA: base },
      });
    const { status, stdout, stderr } = run(script);
    expect(stdout, stderr).toMatch(/^metric +batch +strategy +base +head/m);
    expect(status, stdout).toBe(codeOf(stdout));
    expect(artifacts.paths).toEqual(['records']);
    expect(expectRecords(join(folder, 'records'), 'cuda', 6)).toMatchObject({ pairs: 6 });
    slowPin(folder);
    rmSync(join(folder, 'records'), { recursive: true });
    expect(run(script.slice(-1)).status).toBe(1);
  });
});
