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

/** Changes the records of that name in a workspace. */
function change(workspace: string, matching: RegExp, how: (record: RunRecord) => void): void {
  const folder = join(workspace, 'records');
  for (const [name, record] of recordsIn(folder).filter(([candidate]) => matching.test(candidate))) {
    how(record);
    writeFileSync(join(folder, name), JSON.stringify(record));
  }
}

const recordsIn = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((name) => [name, recordSchema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')))] as const);

describe.skipIf(missing !== undefined)(`docs/ci.md${missing ? `: skipped, ${missing}` : ''}`, () => {
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
      ...{ event_name: 'pull_request', repository: 'me/model', run_number: 1, sha: merge },
      event: { pull_request: { head: { repo: { full_name: repository } } } },
    },
  });

  it('the workflow for a GPU of your own measures base and head in turn and compares them', () => {
    const workflow = block('.github/workflows/gpu.yml');
    const { steps, status, summary, workspace, again } = runJob(project, workflow, 'pinbench', pullRequest());
    const { code, output } = steps.get('Compare')!;
    expect(output).toMatch(/^batch +strategy +base +head/);
    expect(code, output).toBe(codeOf(output));
    expect(status).toBe(code === 0 ? 'success' : 'failure');
    expect(summary).toMatch(/^\| batch \| strategy/);
    const kept = recordsIn(join(project.scratch, 'artifacts', 'pinbench'));
    expect(kept.map(([name]) => name)).toEqual(['base-1.json', 'base-2.json', 'head-1.json', 'head-2.json']);
    const startOf = new Map(kept.map(([name, { startedAt }]) => [name, startedAt]));
    const inTurn = ['base-1.json', 'head-1.json', 'head-2.json', 'base-2.json'].map((name) =>
      startOf.get(name),
    );
    expect(inTurn).toEqual([...inTurn].sort());
    const commits = kept.map(([, { environment }]) => environment.git!.commit);
    expect(commits).toEqual([base, base, merge, merge]);
    for (const [, { results }] of kept)
      expect(results.map(({ engine }) => engine)).toEqual(Array(4).fill('cuda'));

    change(workspace, /^head/, ({ results }) => {
      for (const result of results) {
        if (result.status === 'measured') result.samplesNs = result.samplesNs.map((ns) => 2 * ns);
      }
    });
    expect(again('Compare')).toMatchObject({
      ...{ code: 1, output: expect.stringMatching(/^::error title=pinbench regressed::cuda feed/m) },
    });
    change(workspace, /^head/, (record) => {
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
    const { steps, summary, workspace, again } = runJob(
      project,
      block('.github/workflows/hosted.yml'),
      'pinbench',
      pullRequest(),
    );
    const { code, output } = steps.get('Compare')!;
    expect(output).toMatch(/^verdict .*; speedups over feed, threshold 5 %$/m);
    expect(code, output).toBe(codeOf(output));
    expect(summary).toContain('speedups over feed');
    for (const [, { environment }] of recordsIn(join(workspace, 'records'))) {
      const { commit } = environment.git!;
      expect([base, merge]).toContain(commit);
    }
    change(workspace, /^head/, ({ results }) => {
      for (const result of results) {
        if (result.status === 'measured' && result.strategy === 'pin') {
          result.samplesNs = result.samplesNs.map((ns) => 2 * ns);
        }
      }
    });
    expect(again('Compare')).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^::error title=pinbench regressed::cpu pin/m),
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
    const { status, stdout, stderr } = spawnSync('bash', ['-eo', 'pipefail', '-c', script.join('\n')], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...project.env, CI: 'true', CI_PROJECT_DIR: folder, CI_MERGE_REQUEST_DIFF_BASE_SHA: base },
    });
    expect(stdout, stderr).toMatch(/^batch +strategy +base +head/m);
    expect(status, stdout).toBe(codeOf(stdout));
    expect(artifacts.paths).toEqual(['records/*.json']);
    expect(recordsIn(join(folder, 'records'))).toHaveLength(4);
  });
});
