import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type RunRecord, recordSchema } from '../src/record/schema.js';
import { runJob } from './testing/actions.js';
import { blocksOf } from './testing/blocks.js';
import { makeProject, missing, type Project } from './testing/project.js';

const blocks = blocksOf('ci.md');
const block = (name: string) => blocks.get(name)!;

/** A comparison of the same code may still be called by a noisy machine: its exit code must be what its table says. */
const codeOf = (table: string) => (/\b(regressed|missing)\b/.test(table) ? 1 : 0);

/** Changes the records of the head in a folder. */
function changeHeads(folder: string, how: (record: RunRecord) => void): void {
  for (const [name, record] of recordsIn(folder).filter(([candidate]) => candidate.startsWith('head'))) {
    how(record);
    writeFileSync(join(folder, name), JSON.stringify(record));
  }
}

/** Makes `pin`, and with it the gain over feed, twice as slow. */
function slowPin({ results }: RunRecord): void {
  for (const result of results) {
    if (result.status === 'measured' && result.strategy === 'pin') {
      result.samplesNs = result.samplesNs.map((ns) => 2 * ns);
    }
  }
}

const recordsIn = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((name) => [name, recordSchema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')))] as const);

const TITLE = `docs/ci.md${missing ? `: skipped, ${missing}` : ''}`;

// A test is a whole job: it installs the project and measures it.
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

  it('has three workflows', () => {
    expect([...blocks.keys()]).toEqual([
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

  /** Base, head, head, base: each of its own commit, one after the other, on that engine. */
  function expectInTurn(folder: string, engine: string): void {
    const records = recordsIn(folder);
    expect(records.map(([name, { environment }]) => [name, environment.git!.commit])).toEqual([
      ...[
        ['base-1.json', base],
        ['base-2.json', base],
        ['head-1.json', merge],
        ['head-2.json', merge],
      ],
    ]);
    const inTurn = records.toSorted(([, a], [, b]) => a.startedAt.localeCompare(b.startedAt));
    expect(inTurn.map(([name]) => name)).toEqual([
      'base-1.json',
      'head-1.json',
      'head-2.json',
      'base-2.json',
    ]);
    for (const [, { results }] of records) {
      expect(results.map((result) => [result.engine, result.status])).toEqual(
        Array(4).fill([engine, 'measured']),
      );
    }
  }

  it('the workflow for a GPU of your own measures base and head in turn and compares them', () => {
    const workflow = block('.github/workflows/gpu.yml');
    const { steps, status, summary, workspace, again } = runJob(project, workflow, 'pinbench', pullRequest());
    const { code, output } = steps.get('Compare')!;
    expect(output).toMatch(/^batch +strategy +base +head/);
    expect(code, output).toBe(codeOf(output));
    expect(status).toBe(code === 0 ? 'success' : 'failure');
    expect(summary).toMatch(/^\| batch \| strategy/);
    expectInTurn(join(project.scratch, 'artifacts', 'pinbench'), 'cuda');
    changeHeads(join(workspace, 'records'), slowPin);
    expect(again('Compare')).toMatchObject({
      ...{ code: 1, output: expect.stringMatching(/^::error title=pinbench regressed::cuda pin/m) },
    });
    changeHeads(join(workspace, 'records'), (record) => {
      record.dataset.cols = 2;
    });
    expect(again('Compare')).toMatchObject({
      code: 7,
      output: expect.stringMatching(/dataset cols 3, not 2/),
    });
  });

  it('the workflow for a GPU of your own takes nothing from forks', () => {
    const workflow = block('.github/workflows/gpu.yml');
    expect(runJob(project, workflow, 'pinbench', pullRequest('you/model')).status).toBe('skipped');
  });

  it('the workflow for hosted runners measures base and head in turn and compares their speedups', () => {
    const workflow = block('.github/workflows/hosted.yml');
    const { steps, summary, workspace, again } = runJob(project, workflow, 'pinbench', pullRequest());
    const { code, output } = steps.get('Compare')!;
    expect(output).toMatch(/^verdict .*; speedups over feed, threshold 5 %$/m);
    expect(code, output).toBe(codeOf(output));
    expect(summary).toContain('speedups over feed');
    expectInTurn(join(workspace, 'records'), 'cpu');
    changeHeads(join(workspace, 'records'), slowPin);
    expect(again('Compare')).toMatchObject({
      ...{ code: 1, output: expect.stringMatching(/^::error title=pinbench regressed::cpu pin/m) },
    });
  });

  it('the job for GitLab measures base and head in turn and compares them', () => {
    const { script, artifacts } = parse(block('.gitlab-ci.yml')).pinbench as {
      script: string[];
      artifacts: { paths: string[] };
    };
    const folder = join(project.scratch, 'gitlab');
    spawnSync('git', ['clone', '--quiet', project.repository, folder]);
    spawnSync('git', ['checkout', '--quiet', '--detach', merge], { cwd: folder });
    // GitLab's runner puts a job's lines into one script.
    const run = (lines: readonly string[]) =>
      spawnSync('bash', ['-eo', 'pipefail', '-c', lines.join('\n')], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...project.env, CI: 'true', CI_PROJECT_DIR: folder, CI_MERGE_REQUEST_DIFF_BASE_SHA: base },
      });
    const { status, stdout, stderr } = run(script);
    expect(stdout, stderr).toMatch(/^batch +strategy +base +head/m);
    expect(status, stdout).toBe(codeOf(stdout));
    expect(artifacts.paths).toEqual(['records/*.json']);
    expectInTurn(join(folder, 'records'), 'cuda');
    changeHeads(join(folder, 'records'), slowPin);
    expect(run(script.slice(-1)).status).toBe(1);
  });
});
